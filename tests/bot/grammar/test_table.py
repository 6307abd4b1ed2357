"""bot.grammar: what is typed, and what it is. Whole results, in a channel and in a thread."""

import pytest

from bot.grammar import (
    HERE,
    LAST,
    THIS,
    Admin,
    AdminTopic,
    Channel,
    ChannelName,
    End,
    EvoAddress,
    Find,
    FollowUp,
    Handle,
    Help,
    Hold,
    How,
    Incomplete,
    Invite,
    Kick,
    Link,
    List,
    Me,
    Move,
    New,
    NoteTo,
    Notify,
    Permalink,
    Problem,
    Resume,
    Scope,
    Send,
    SessionRef,
    SetMode,
    Show,
    Status,
    Switch,
    TooLong,
    Unknown,
    Unlink,
    Why,
    parse,
)
from bot.grammar import sentences as say
from bot.model import (
    CallState,
    ChannelId,
    Direction,
    Email,
    History,
    ItemKey,
    Life,
    Mode,
    Phone,
    SessionType,
    Ts,
    UserId,
)
from bot.phones import Unreadable

CHAT, VOICE, FAX = SessionType.CHAT, SessionType.VOICE, SessionType.FAX
LEE = Phone("+15035550123", "US")
ACME = Phone("+15035550100", "US")
ANA = UserId("U0ANA00001")
JOE = Email("joe@acme.com")
TEAM = EvoAddress("team", "support")
SALES = Channel(ChannelId("C0SALES001"))
URL = "https://acme.slack.com/archives/C0SALES001/p1700000000123456"
POST = Permalink("acme.slack.com", ChannelId("C0SALES001"), Ts("1700000000.123456"))
REPLY = Permalink("acme.slack.com", ChannelId("C0SALES001"), Ts("1700000000.123456"), Ts("1699999999.000100"))
ID = SessionRef(How.ID, "8f3a21")


def named(name):
    return SessionRef(How.NAME, name)


def chat(name="B", **more):
    return New(type=CHAT, name=name, **{"people": (ANA,), **more})


def lacks(command, *problems):
    return Incomplete(command, tuple(Problem(*problem) for problem in problems))


B = "chat B member:<@U0ANA00001> "  # a chat that is complete; what follows is added to it


# Quotes, white space, what is an option

NAMES = [
    ("chat Broken boiler", "Broken boiler"),
    ("  chat   Broken \t boiler\u00a0 ", "Broken boiler"),
    ('chat "Broken boiler"', "Broken boiler"),
    ('chat "Broken  boiler"', "Broken  boiler"),
    ("chat 'Broken boiler'", "Broken boiler"),
    ("chat “Broken boiler”", "Broken boiler"),
    ("chat ‘Broken boiler’", "Broken boiler"),
    ("chat „Kaputter Kessel“", "Kaputter Kessel"),
    ("chat „Kapotte ketel”", "Kapotte ketel"),
    ("chat ‚Kessel‘", "Kessel"),
    ('chat name:"Broken boiler"', "Broken boiler"),
    ('chat NAME:"Broken boiler"', "Broken boiler"),
    ('chat name="Broken boiler"', "Broken boiler"),
    ('chat --name "Broken boiler"', "Broken boiler"),
    ('chat --name="Broken boiler"', "Broken boiler"),
    ('chat —name "Broken boiler"', "Broken boiler"),
    ("chat –name:“Broken boiler”", "Broken boiler"),
    ("chat name: Broken", "Broken"),
    ("chat name:Broken boiler", "Broken boiler"),
    ("chat O'Brien", "O'Brien"),
    ("chat Mrs Lee’s boiler", "Mrs Lee’s boiler"),
    ("chat 'Mrs Lee's boiler'", "Mrs Lee's boiler"),
    ("chat ‘Mrs Lee’s boiler’", "Mrs Lee’s boiler"),
    ("chat ’tis broken", "’tis broken"),
    ('chat "Broken boiler', '"Broken boiler'),
    ('chat 5" pipe and 3" pipe', '5" pipe and 3" pipe'),
    (r'chat "the \"old\" one"', 'the "old" one'),
    (r'chat "C:\new \\ x"', "C:\\new \\ x"),
    (r"chat C:\new", "C:\\new"),
    ('chat "a"b', '"a"b'),
    ('chat "a", b', "a, b"),
    ("chat Re: invoice", "Re: invoice"),
    ("chat re=invoice", "re=invoice"),
    ("chat mesage:Hi", "mesage:Hi"),
    ("chat --colour red", "--colour red"),
    ("chat <https://x.com/a?to=1&amp;b=2>", "https://x.com/a?to=1&b=2"),
    ("chat https://x.com/to:1", "https://x.com/to:1"),
    ("chat A – B — C", "A – B — C"),
    ("chat -- to:5 name:x", "to:5 name:x"),
    ('chat "--" B', "-- B"),
    ('chat "to:5"', "to:5"),
    ("chat Fish &amp; chips", "Fish & chips"),
    ("chat a &lt; b", "a < b"),
    ("chat &amp;lt;", "&lt;"),
    ("chat &lt;@U0ANA00001&gt;", "<@U0ANA00001>"),
    ("chat For <@U0ANA00001|ana>", "For @ana"),
    ("chat For <@U0ANA00001>", "For @teammate"),
    ("chat In <#C0SALES001|sales>", "In #sales"),
    ("chat Call <tel:+15035550123|(503) 555-0123>", "Call (503) 555-0123"),
    ("chat a < b", "a < b"),
    ("chat Bro\u200bken\u202e boiler", "Broken boiler"),
    ("ch\u200bat Broken", "Broken"),
    ("new chat Broken", "Broken"),
    ("new CHAT Broken", "Broken"),
    ("text Broken", "Broken"),
    ("sms Broken", "Broken"),
    ("chat voice mail", "voice mail"),
    ("CHAT Broken", "Broken"),
    ("chat: Broken", "Broken"),
    ("chat :wave: hi", ":wave: hi"),
    ("chat שלום 👩‍👩‍👧", "שלום 👩‍👩‍👧"),
    ('chat "two\nlines"', "two\nlines"),
    ("chat two\nwords", "two words"),
]


@pytest.mark.parametrize(("typed", "name"), NAMES)
def test_the_name_of_a_chat(typed, name):
    """What is no option belongs to the name. Nobody was named, which is all that is wrong."""
    expected = lacks(New(type=CHAT, name=name), ("with_address", say.NOBODY))
    assert parse(typed, region="US", in_thread=False) == expected


# One option each

OPTIONS = [
    ("with:team:support", {"with_address": TEAM}),
    ("with:USER:42", {"with_address": EvoAddress("user", "42")}),
    ("members:joe@acme.com", {"people": (ANA, JOE)}),
    ("member:<mailto:joe@acme.com|joe@acme.com>", {"people": (ANA, JOE)}),
    ("member:<@U0ANA00001|ana>", {}),
    ("member:@joe", {"people": (ANA, Handle("joe"))}),
    ("member:user:42,team:support", {"people": (ANA, EvoAddress("user", "42"), TEAM)}),
    ("member:joe@acme.com, (503) 555-0123", {"people": (ANA, JOE, LEE)}),
    ("member:joe@acme.com ,(503) 555-0123", {"people": (ANA, JOE, LEE)}),
    ("member:joe@acme.com member:JOE@acme.com", {"people": (ANA, JOE)}),
    ('member:"joe@acme.com, 503 555 0123"', {"people": (ANA, JOE, LEE)}),
    ("member:503 555 0123", {"people": (ANA, LEE)}),
    ("member:joe@acme.com 5", {"name": "B 5", "people": (ANA, JOE)}),
    ("to:(503) 555-0123", {"to": LEE}),
    ("to: (503) 555-0123", {"to": LEE}),
    ("to=503-555-0123", {"to": LEE}),
    ("--to 503 555 0123", {"to": LEE}),
    ("member:R&amp;D@x.com joe", {"name": "B joe", "people": (ANA, Email("R&D@x.com"))}),
    ("member:&amp;@x.com", {"people": (ANA, Email("&@x.com"))}),
    ("members:joe@acme.com; @joe", {"people": (ANA, JOE, Handle("joe"))}),
    ("customer:8f3a21&amp;co", {"customer": "8f3a21&co"}),
    ("to:503 - 555 - 0123", {"to": LEE}),
    ("to:503 555 0123 - Lee", {"name": "B - Lee", "to": LEE}),
    ("to:503 555 0123, 42", {"name": "B 42", "to": LEE}),
    ("to:503 555 0123 Lee", {"name": "B Lee", "to": LEE}),
    ('to:"503 555 0123" 42', {"name": "B 42", "to": LEE}),
    ("to:<tel:5035550123|(503) 555-0123>", {"to": LEE}),
    ("to:001 503 555 0123", {"to": LEE}),
    ("from:+1 503 555 0100", {"from_number": ACME}),
    ("callerid:+15035550100", {"caller_id": ACME}),
    ("dest:joe@acme.com", {"destination": JOE}),
    ("dest:503 555 0123", {"destination": LEE}),
    ("toaddr:<mailto:joe@acme.com|joe@acme.com>", {"to_address": JOE}),
    ("fromaddr:+15035550100", {"from_address": ACME}),
    ('customer:"Lee Household"', {"customer": "Lee Household"}),
    ("parent:8f3a21", {"parent": ID}),
    ('parent:"Old boiler"', {"parent": named("Old boiler")}),
    ("direction:in", {"direction": Direction.INCOMING}),
    ("direction:Outgoing", {"direction": Direction.OUTGOING}),
    ("state:hold", {"call_state": CallState.HOLD}),
    ("callState:Ringing", {"call_state": CallState.RINGING}),
    ("start:yes", {"start": True}),
    ("start:off", {"start": False}),
    ("mode:notes", {"mode": Mode.NOTES}),
    ("card:<#C0SALES001|sales>", {"card": SALES}),
    ("card:#sales", {"card": ChannelName("sales")}),
    ("card:here", {"card": HERE}),
    ("dry:yes", {"dry": True}),
    ("dry:no", {}),
    ("message:Hello", {"message": "Hello"}),
    ('message:"Hi, this is Acme"', {"message": "Hi, this is Acme"}),
    ('message: "Hi\nthere"', {"message": "Hi\nthere"}),
    ('message:"See <https://x.com|x.com> &amp; call"', {"message": "See x.com & call"}),
]


@pytest.mark.parametrize(("typed", "more"), OPTIONS)
def test_an_option_of_new(typed, more):
    assert parse(B + typed, region="US", in_thread=False) == chat(**more)


# What stands against a new session

BAD_TO = "“503 555” is not a complete phone number for US. Include the area code, or start with + and the country code."
NO_PHONE = "is not a phone number. Use digits 0-9, spaces and ( ) - . / only, with + at the start if you like."
NEITHER = "“Lee” is neither an e-mail address nor a phone number."
HERE_IS_NOBODY = "“This mention” is not a person. Give an e-mail address or a phone number."
WRONG = [
    ("to:503 555 -- 0123", chat("B 0123"), ("to", BAD_TO, "503 555")),
    ("to:Lee", chat(), ("to", f"“Lee” {NO_PHONE}", "Lee")),
    ("to:", chat(), ("to", "Nothing was typed after “to:”.")),
    ('members:""', chat(), ("people", "Nothing was typed after “member:”.")),
    ("with:ana", chat(), ("with_address", say.BAD_TARGET, "ana")),
    ("with:user:+15035550123", chat(), ("with_address", say.BAD_TARGET, "user:+15035550123")),
    ("dest:nowhere", chat(), ("destination", say.BAD_ADDRESS, "nowhere")),
    ("mode:note", chat(), ("mode", "“note” is not one of relay, mention or notes. Did you mean notes?", "note")),
    ("direction:up", chat(), ("direction", "“up” is not one of in, out, incoming or outgoing.", "up")),
    ("card:sales", chat(), ("card", say.BAD_PLACE.replace("{typed}", "sales"), "sales")),
    ("parent:8f", chat(), ("parent", say.BAD_SESSION.replace("{typed}", "8f"), "8f")),
    ("parent:active", chat(), ("parent", say.BAD_SESSION.replace("{typed}", "active"), "active")),
    ("to:503 555 0123 to:503 555 0100", chat(to=LEE), ("to", say.TWICE, "503 555 0100")),
    ("message:Hi this is Acme", chat(message="Hi this is Acme"), ("message", say.WHERE_DOES_IT_END, "Hi this is Acme")),
    ("member:Lee", chat(unreadable=(Unreadable("Lee", NEITHER),)), ("people", NEITHER, "Lee")),
    ("member:<!here>", chat(unreadable=(Unreadable("This mention", HERE_IS_NOBODY),)),
     ("people", HERE_IS_NOBODY, "This mention")),
    (f'message:"{"m" * 1605}"', chat(message="m" * 1605), ("message", "Too long by 5 characters.", "m" * 1605)),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "command", "problem"), WRONG)
def test_what_is_wrong_with_a_new_session(typed, command, problem):
    assert parse(B + typed, region="US", in_thread=False) == lacks(command, problem)


def test_each_field_tells_all_that_is_wrong_with_it():
    found = parse('voice member:ana to:5 to:6 message:"x"', region="US", in_thread=False)
    assert isinstance(found, Incomplete)
    assert list(found.by_field) == ["people", "to", "name", "message"]
    assert found.by_field["to"].endswith(f" {say.TWICE}")


# Everything else, in a channel

NO_USER = say.BAD_IDENTITY.replace("{typed}", "team:support")
NO_FILTER = "is not one of mine, channel, all, active, ended, chat, voice, fax, text, sms or call."
NO_TOPIC = "is not one of policy, audit, panic, resume or lift."
EMPTY_CHAT = New(type=CHAT)
CHANNEL = [
    ("", New()),
    (" \n\u200b ", New()),
    ("new", New()),
    ("chat", EMPTY_CHAT),
    ("call", New(type=VOICE)),
    ("new fax", New(type=FAX)),
    ("new Broken boiler", lacks(New(name="Broken boiler"), ("type", say.NO_TYPE))),
    ('new "voice" mail', lacks(New(name="voice mail"), ("type", say.NO_TYPE))),
    ("chat with:team:support", lacks(New(type=CHAT, with_address=TEAM), ("name", say.NO_NAME, ""))),
    (f"chat {'n' * 121} with:team:support", lacks(New(type=CHAT, name="n" * 121, with_address=TEAM),
     ("name", say.NO_NAME, "n" * 121))),
    ('chat "Broken boiler – Mrs Lee" with:team:support member:@ana member:joe@acme.com message:"Hi, this is Acme"',
     New(type=CHAT, name="Broken boiler – Mrs Lee", with_address=TEAM, people=(Handle("ana"), JOE),
         message="Hi, this is Acme")),
    ('voice "Callback Lee" from:+15035550100 to:(503) 555-0123 start:yes customer:"Lee Household"',
     New(type=VOICE, name="Callback Lee", from_number=ACME, to=LEE, start=True, customer="Lee Household")),
    ('fax to:"503 555 0123" from:+15035550100', lacks(New(type=FAX, to=LEE, from_number=ACME),
     ("name", say.NO_NAME, ""))),
    ("voice Callback", lacks(New(type=VOICE, name="Callback"), ("to", "Give the number to call."))),
    ("fax Contract", lacks(New(type=FAX, name="Contract"), ("to", "Give the number to fax to."))),
    ("voice Callback to:503 555 0123 with:team:support", lacks(New(type=VOICE, name="Callback", to=LEE,
     with_address=TEAM), ("with_address", say.ONLY_CHAT))),
    ("invite +15035550123 in:8f3a21", Invite((LEE,), (), ID)),
    ('add joe@acme.com, <@U0ANA00001> and @ana in:"Broken boiler" callerid:503 555 0100',
     Invite((JOE, ANA, Handle("ana")), (), named("Broken boiler"), ACME)),
    ("invite joe@acme.com\n(503) 555-0123 --in last", Invite((JOE, LEE), (), LAST)),
    ("invite 'joe@acme.com'; JOE@ACME.COM in:last", Invite((JOE,), (), LAST)),
    ("invite joe@acme.com", lacks(Invite((JOE,)), ("session", say.NO_SESSION))),
    ("invite in:last", lacks(Invite((), (), LAST), ("people", say.NOBODY_TO_INVITE))),
    ("invite in:5 joe@acme.com", lacks(Invite((JOE,)), ("session", say.BAD_SESSION.replace("{typed}", "5"), "5"))),
    ("kick joe@acme.com in:this", Kick(JOE, THIS)),
    ("remove user:42 in:last", Kick(EvoAddress("user", "42"), LAST)),
    ("kick @ana, @joe in:last", lacks(Kick(None, LAST), ("who", say.ONE_AT_A_TIME, "@ana, @joe"))),
    ("kick in:last", lacks(Kick(None, LAST), ("who", say.NOBODY_TO_REMOVE))),
    ("list", List()),
    ("ls mine", List(Scope.MINE)),
    ("list ended all VOICE", List(Scope.ALL, Life.ENDED, VOICE)),
    ("list call active", List(None, Life.ACTIVE, VOICE)),
    ("list mien", lacks(List(), ("", f"“mien” {NO_FILTER} Did you mean mine?", "mien"))),
    ("list mine all", lacks(List(Scope.MINE), ("", say.TWICE, "all"))),
    ("find Mrs Lee", Find("Mrs Lee")),
    ('search "Mrs  Lee"', Find("Mrs  Lee")),
    ("find +1 503 555 0123", Find(LEE)),
    ("find <tel:+15035550123|(503) 555-0123>", Find(LEE)),
    ('find "+1 503 555 0123"', Find("+1 503 555 0123")),
    ("find 0123", Find("0123")),
    ("find +1 503", Find("+1 503")),
    ("find in:this", Find("in:this")),
    ("find", lacks(Find(), ("query", say.NOTHING_TO_FIND))),
    ("show 8f3a21", Show(ID)),
    ("show THIS", Show(THIS)),
    ('show "this"', Show(named("this"))),
    ("show “Broken boiler”", Show(named("Broken boiler"))),
    ("show <https://evovoice.io/s?a=1&amp;b=2|s>", Show(SessionRef(How.LINK, "https://evovoice.io/s?a=1&b=2"))),
    (f"show {URL}", Show(SessionRef(How.LINK, URL))),
    ("show http://evovoice.io/s", lacks(Show(), ("session", say.BAD_SESSION.replace("{typed}", "http://evovoice.io/s"),
     "http://evovoice.io/s"))),
    ("show Broken boiler", lacks(Show(), ("session", say.BAD_SESSION.replace("{typed}", "Broken boiler"),
     "Broken boiler"))),
    ('show ""', lacks(Show(), ("session", say.BAD_SESSION.replace("{typed}", ""), ""))),
    ("show", lacks(Show(), ("session", say.NO_SESSION))),
    (f"link 8f3a21 thread:<{URL}> history:24h", Link(ID, POST, History.DAY)),
    (f"attach last thread:<{URL}?thread_ts=1699999999.000100&amp;cid=C0SALES001|a post>", Link(LAST, REPLY)),
    ("link 8f3a21", lacks(Link(ID), ("thread", say.NO_THREAD))),
    ("link 8f3a21 thread:here", Link(ID, HERE)),
    ("link 8f3a21 thread:there", lacks(Link(ID), ("thread", say.BAD_LINK.replace("{typed}", "there"), "there"))),
    (f"unlink thread:{URL}", Unlink(POST)),
    ("unlink", lacks(Unlink(), ("thread", say.NO_THREAD))),
    ("unlink 8f3a21 thread:here", lacks(Unlink(HERE), ("", say.TOO_MUCH.replace("{typed}", "8f3a21"), "8f3a21"))),
    ("move 8f3a21 to:<#C0SALES001|sales>", Move(ID, SALES)),
    ("move 8f3a21 to:#sales", Move(ID, ChannelName("sales"))),
    (f"move 8f3a21 --to {URL}", Move(ID, POST)),
    ("move 8f3a21 to:here", lacks(Move(ID), ("to", say.NO_PLACE, "here"))),
    ("move 8f3a21", lacks(Move(ID), ("to", say.NO_PLACE))),
    (f"switch 8f3a21 thread:{URL}", Switch(ID, POST)),
    ("send 8f3a21 Hello  there", Send(ID, "Hello  there")),
    ('send "Broken boiler" to: be "or" not', Send(named("Broken boiler"), 'to: be "or" not')),
    ("send in:8f3a21 Hello", Send(ID, "Hello")),
    ("send --in 8f3a21 Hello", Send(ID, "Hello")),
    ('send last "Hello there"', Send(LAST, "Hello there")),
    ('send last "Hello" and "bye"', Send(LAST, '"Hello" and "bye"')),
    ("send last -- -- Hello", Send(LAST, "-- Hello")),
    ("send last Hi <@U0ANA00001|ana> &amp; *co*\n:wave:", Send(LAST, "Hi <@U0ANA00001|ana> &amp; *co*\n:wave:")),
    (f"send last {'word ' * 60}", Send(LAST, ("word " * 60).strip())),
    ("send last", lacks(Send(LAST), ("text", say.NOTHING_TO_SAY))),
    ("send", lacks(Send(), ("session", say.NO_SESSION), ("text", say.NOTHING_TO_SAY))),
    ("send Hi there", lacks(Send(None, "there"), ("session", say.BAD_SESSION.replace("{typed}", "Hi"), "Hi"))),
    ("note 8f3a21 Asked for a refund", NoteTo(ID, "Asked for a refund")),
    ("note last", lacks(NoteTo(LAST), ("text", say.NOTHING_TO_NOTE))),
    ("hold 8f3a21", Hold(ID)),
    ("resume last", Resume(LAST)),
    ("end 8f3a21", End(ID)),
    ("close last", End(LAST)),
    ("followup 8f3a21", FollowUp(ID)),
    ("reopen last", FollowUp(LAST)),
    ("end", lacks(End(), ("session", say.NO_SESSION))),
    ("mode relay thread:here", SetMode(Mode.RELAY, HERE)),
    ("mode relay", lacks(SetMode(Mode.RELAY), ("thread", say.NO_THREAD))),
    ("me", Me()),
    ("me link user:42", Me(link=EvoAddress("user", "42"))),
    ("me link joe@acme.com", Me(link=JOE)),
    ("me link team:support", lacks(Me(), ("link", NO_USER, "team:support"))),
    ("me unlink", Me(unlink=True)),
    ("me notify all", Me(notify=Notify.ALL)),
    ("me notify", lacks(Me(), ("notify", "Nothing was typed after “notify”."))),
    ("me likn user:42", lacks(Me(), ("", "“likn” is not one of link, unlink or notify. Did you mean link?", "likn"))),
    ("why", Why()),
    ("why ref 17", Why(ItemKey(17))),
    ("why 17", Why(ItemKey(17))),
    (f"why <{URL}>", Why(POST)),
    ("why not", lacks(Why(), ("about", say.BAD_QUESTION.replace("{typed}", "not"), "not"))),
    ("status", Status()),
    ("status now", lacks(Status(), ("", say.TOO_MUCH.replace("{typed}", "now"), "now"))),
    ("admin audit", Admin(AdminTopic.AUDIT)),
    ("admin policy test <@U0ANA00001> invite +44…", Admin(AdminTopic.POLICY, "test <@U0ANA00001> invite +44…")),
    ("admin", lacks(Admin(), ("topic", say.NO_TOPIC))),
    ("admin polisy", lacks(Admin(), ("topic", f"“polisy” {NO_TOPIC} Did you mean policy?", "polisy"))),
    ("help", Help()),
    ("help invite", Help("invite")),
    ("help add", Help("invite")),
    ("help fax", Help("new")),
    ("help the weather", Help()),
    ("--help", Help()),
    ("—help", Help()),
    ("invite --help", Help("invite")),
    ("send —help", Help("thread")),
    ("ned", Unknown("ned", "new")),
    ("ivnite joe@acme.com", Unknown("ivnite", "invite")),
    ("Stauts", Unknown("Stauts", "status")),
    ("hello", Unknown("hello", "help")),
    ("helo", Unknown("helo", "help")),
    ("xyzzy", Unknown("xyzzy")),
    ("hi", Unknown("hi")),
    ('"end"', Unknown("end", "end")),
    ("<@U0ANA00001|ana> end", Unknown("@ana")),
    ("&lt;end&gt;", Unknown("<end>", "send")),
    ("n" * 3001, TooLong(3001)),
    ("find " + "&amp;" * 2995, Find("&" * 2995)),
    ("chat " + "n " * 40, TooLong(79, 40)),
    ("find " + "n " * 39, Find(("n " * 39).strip())),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), CHANNEL)
def test_in_a_channel(typed, expected):
    assert parse(typed, region="US", in_thread=False) == expected


THREAD = [
    ("end", End(THIS)),
    ("end last", End(LAST)),
    ("end the call", lacks(End(), ("session", say.BAD_SESSION.replace("{typed}", "the call"), "the call"))),
    ("invite (503) 555-0123 callerid:+15035550100", Invite((LEE,), (), THIS, ACME)),
    ("invite Lee", lacks(Invite((), (Unreadable("Lee", NEITHER),), THIS), ("people", NEITHER, "Lee"))),
    ("kick @ana", Kick(Handle("ana"), THIS)),
    ("send Hello there", Send(THIS, "Hello there")),
    ("send this to them", Send(THIS, "this to them")),
    ("send 8f3a21 is the code", Send(THIS, "8f3a21 is the code")),
    ("send in:8f3a21 Hello", Send(ID, "Hello")),
    ("send in: case you call", Send(THIS, "in: case you call")),
    ("send in:5 minutes", lacks(Send(None, "minutes"), ("session", say.BAD_SESSION.replace("{typed}", "5"), "5"))),
    ("send -- in:8f3a21", Send(THIS, "in:8f3a21")),
    ("send", lacks(Send(THIS), ("text", say.NOTHING_TO_SAY))),
    ("note: not for the customer", NoteTo(THIS, "not for the customer")),
    ("hold", Hold(THIS)),
    ("show", Show(THIS)),
    ("mode mention", SetMode(Mode.MENTION, HERE)),
    ("mode", lacks(SetMode(None, HERE), ("mode", say.NO_MODE))),
    ("unlink", Unlink(HERE)),
    ("link 8f3a21", Link(ID, HERE)),
    ("link", lacks(Link(None, HERE), ("session", say.NO_NEW_SESSION))),
    (f"link thread:{URL}", Link(THIS, POST)),
    ("switch 8f3a21", Switch(ID, HERE)),
    ("switch", lacks(Switch(None, HERE), ("session", say.NO_NEW_SESSION))),
    ("move to:<#C0SALES001>", Move(THIS, SALES)),
    ("followup", FollowUp(THIS)),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), THREAD)
def test_in_a_thread(typed, expected):
    assert parse(typed, region="US", in_thread=True) == expected


def test_only_words_that_are_offered_are_suggested():
    assert parse("hodl", region="US", in_thread=True, offered=["end", "invite"]) == Unknown("hodl")
    assert parse("hodl", region="US", in_thread=True) == Unknown("hodl", "hold")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Unknown("ned", "new"), "I do not know “ned”. Did you mean `new`?"),
        (Unknown("n" * 99), f"I do not know “{'n' * 59}…”."),
        (TooLong(3001), "That is too long: 3001 characters, and 3000 can be read at once."),
        (TooLong(90, 40), "That is too long: more than 40 words. Put names and messages in quotes."),
    ],
)
def test_what_is_said_about_what_is_no_command(found, sentence):
    assert found.why == sentence

"""bot.grammar: what is rendered is read as the same command, in a channel and in a thread alike."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.grammar import (
    HERE,
    LAST,
    THIS,
    TOPICS,
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
    Resume,
    Scope,
    Send,
    SessionRef,
    SetMode,
    Show,
    Status,
    Switch,
    Unlink,
    Why,
    parse,
    permalink_url,
    read_permalink,
    render,
)
from bot.grammar.escapes import escape
from bot.grammar.lexer import words
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
from bot.people import read_email
from bot.text import clean

EXAMPLES = 150

# Fragments that mean something to some reader between the keyboard and us.
NASTY = [
    *"\"'“”‘’„‚\\,;:=<>&@#!|.-–—/ \n\t",
    "--",
    "--help",
    "—help",
    "–to",
    "to:503",
    "name=",
    "message:Hi",
    "in:this",
    "--in",
    "<@U1>",
    "<https://x.com|x>",
    "&lt;",
    "&amp;amp;",
    "voice",
    "chat",
    "help",
    "this",
    "last",
    "note:",
    "//",
    "x5",
    "ext 5",
    "503 555 0123",
    "+1",
    "👩‍👩‍👧",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    ":wave:",
    "שלום",
    "می‌خواهم",
    "e\u0301",
    "Mrs Lee’s",
    "O'Brien",
    "Re: invoice",
    '"quoted"',
    "'tis",
]


def made(text: str) -> str:
    """As it comes out of the reader: cleaned, and without white space around it."""
    return clean(text).strip()


def texts(most: int = 120) -> st.SearchStrategy[str]:
    letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    parts = st.lists(st.one_of(st.sampled_from(NASTY), letters), min_size=1, max_size=12)
    return parts.map("".join).map(made).map(lambda text: text[:most].strip()).map(made).filter(bool)


def wordy() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(["Broken", "boiler", "Lee", "voice", "Straße", "2"]), min_size=1, max_size=9).map(
        " ".join
    )


TOKENS = st.sampled_from(
    ["<@U0ANA00001>", "<@U0ANA00001|ana>", '<https://x.com/?a=1&amp;b="2"|see \\"here\\" now>', "<#C0SALES001|sales>"]
)
SLACKS = st.lists(st.one_of(texts().map(escape), TOKENS), min_size=1, max_size=4).map(" ".join).map(made)
PHONES = st.sampled_from(
    [
        Phone("+15035550123", "US"),
        Phone("+15035550124", "US"),
        Phone("+442079460018", "GB"),
        Phone("+390669812345", "VA"),
    ]
)
ATOM = st.text("abx019!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=8)
EMAILS = (
    st.tuples(ATOM, st.sampled_from(["x.com", "x5.y-z.org"]))
    .map("@".join)
    .map(read_email)
    # Nobody can type such a one: a ' is taken from before letters, and | and ? end Slack's links.
    .filter(lambda email: isinstance(email, Email) and not re.match("'.*[|?]", email.address))
)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.@=+~-]{0,20}", fullmatch=True)
EVO = st.builds(EvoAddress, st.sampled_from(["user", "team"]), IDS)
HANDLES = st.builds(Handle, st.sampled_from(["ana", "joe.doe", "x5", "Žofie", "a-b_c"]))
USERS = st.sampled_from([UserId("U0ANA00001"), UserId("W0JOE00001")])
WHO = st.one_of(PHONES, EMAILS, EVO, HANDLES, USERS)


def same(one: object) -> str:
    match one:
        case Email():
            return one.address.casefold()
        case Handle():
            return one.name.casefold()
    return str(one)


PEOPLE = st.lists(WHO, min_size=1, max_size=6, unique_by=same).map(tuple)
DIGITS = st.from_regex(r"[0-9]{10}\.[0-9]{6}", fullmatch=True).map(Ts)
CHANNELS = st.sampled_from([ChannelId("C0SALES001"), ChannelId("G0OLD00001"), ChannelId("D0ANA00001")])
LINKS = st.builds(
    Permalink, st.sampled_from(["acme.slack.com", "a-1.enterprise.slack.com"]), CHANNELS, DIGITS, st.none() | DIGITS
)
SESSIONS = st.one_of(
    st.just(THIS),
    st.just(LAST),
    st.builds(SessionRef, st.just(How.NAME), texts()),
    st.builds(SessionRef, st.just(How.ID), st.sampled_from(["8f3a21", "0008f3a25eed5eed00000001", "in_to-x"])),
    st.builds(
        SessionRef,
        st.just(How.LINK),
        st.one_of(LINKS.map(permalink_url), st.just("https://evovoice.io/#/s?a=1&b='2'&amp;c=:d,e;f")),
    ),
)
THREADS = st.one_of(st.just(HERE), LINKS)
NAMES = st.builds(ChannelName, st.sampled_from(["sales", "a-b_c", "žluť", "1.2"]))
MOVES = st.one_of(CHANNELS.map(Channel), NAMES, LINKS)
ADDRESSES = st.one_of(PHONES, EMAILS)
ANY = {
    "name": texts() | wordy(),
    "from_number": st.none() | PHONES,
    "destination": st.none() | ADDRESSES,
    "to_address": st.none() | ADDRESSES,
    "from_address": st.none() | ADDRESSES,
    "customer": st.just("") | texts(),
    "parent": st.none() | SESSIONS,
    "direction": st.sampled_from([None, *Direction]),
    "call_state": st.sampled_from([None, *CallState]),
    "start": st.sampled_from([None, True, False]),
    "caller_id": st.none() | PHONES,
    "mode": st.sampled_from([None, *Mode]),
    "card": st.none() | st.one_of(CHANNELS.map(Channel), NAMES, st.just(HERE)),
    "dry": st.booleans(),
    "from_name": st.just("") | texts(),
}
CHATS = st.builds(
    New,
    type=st.just(SessionType.CHAT),
    people=PEOPLE,
    with_address=st.none() | EVO,
    to=st.none() | PHONES,
    message=st.just("") | texts(400),
    **ANY,
)
CALLS = st.builds(New, type=st.sampled_from([SessionType.VOICE, SessionType.FAX]), to=PHONES, **ANY)
BARE = st.builds(New, type=st.sampled_from([None, *SessionType]))
COMMANDS = {
    "chat": CHATS,
    "call": CALLS,
    "bare": BARE,
    "invite": st.builds(Invite, PEOPLE, st.just(()), SESSIONS, st.none() | PHONES),
    "kick": st.builds(Kick, WHO, SESSIONS),
    "list": st.builds(
        List,
        st.sampled_from([None, *Scope]),
        st.sampled_from([None, Life.ACTIVE, Life.ENDED]),
        st.sampled_from([None, *SessionType]),
    ),
    "find": st.builds(Find, texts() | wordy() | PHONES | PHONES.map(lambda phone: phone.e164)),
    "show": st.builds(Show, SESSIONS),
    "link": st.builds(Link, SESSIONS, THREADS, st.sampled_from([None, *History])),
    "unlink": st.builds(Unlink, THREADS),
    "move": st.builds(Move, SESSIONS, MOVES),
    "switch": st.builds(Switch, SESSIONS, THREADS),
    "send": st.builds(Send, SESSIONS, SLACKS),
    "note": st.builds(NoteTo, SESSIONS, SLACKS),
    "hold": st.builds(Hold, SESSIONS),
    "resume": st.builds(Resume, SESSIONS),
    "end": st.builds(End, SESSIONS),
    "followup": st.builds(FollowUp, SESSIONS),
    "mode": st.builds(SetMode, st.sampled_from(list(Mode)), THREADS),
    "me": st.one_of(
        st.just(Me()),
        st.builds(Me, link=EMAILS | IDS.map(lambda one: EvoAddress("user", one))),
        st.just(Me(unlink=True)),
        st.builds(Me, notify=st.sampled_from(list(Notify))),
    ),
    "why": st.builds(Why, st.none() | LINKS | st.integers(1, 10**15 - 1).map(ItemKey)),
    "status": st.just(Status()),
    "admin": st.builds(Admin, st.sampled_from(list(AdminTopic)), st.just("") | SLACKS),
    "help": st.builds(Help, st.sampled_from(["", *TOPICS])),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_rendered_command_is_read_as_itself(kind):
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(COMMANDS[kind])
    def holds(command):
        rendered = render(command)
        found = [parse(rendered, region="US", in_thread=in_thread) for in_thread in (False, True)]
        assert found == [command, command]

    holds()


@pytest.mark.parametrize("region", ["US", "DE"])
def test_what_is_rendered_means_the_same_number_everywhere(region):
    command = Invite((Phone("+15035550123", "US"),), (), THIS)
    assert parse(render(command), region=region, in_thread=True) == command


@settings(deadline=None, derandomize=True, database=None)
@given(texts(500))
def test_letters_stay_letters(text):
    """What a person typed by hand never becomes one of Slack's tokens, in neither direction."""
    rendered = render(New(type=SessionType.CHAT, name=text))
    assert "<" not in rendered
    assert next(words(rendered, None)).text == "chat"


@settings(deadline=None, derandomize=True, database=None)
@given(LINKS)
def test_links_to_messages_come_back(link):
    assert read_permalink(permalink_url(link)) == link


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (New(), ""),
        (New(type=SessionType.VOICE), "voice"),
        (New(type=SessionType.CHAT, name="A b", to=Phone("+15035550123", "US")), "chat A b to:+15035550123"),
        (New(type=SessionType.CHAT, name="A – B"), 'chat "A – B"'),
        (New(type=SessionType.CHAT, name="<@U1> & co"), 'chat "&lt;@U1&gt; &amp; co"'),
        (New(name="voice mail"), 'new "voice mail"'),
        (Invite((UserId("U1"), Handle("ana"), Email("a@x.com")), (), THIS), "invite <@U1>,@ana,a@x.com in:this"),
        (Invite((Phone("+15035550123", "US"), Email("x5@y.com")), (), LAST), "invite +15035550123 x5@y.com in:last"),
        (Send(THIS, 'say "hi"'), 'send in:this say "hi"'),
        (Send(THIS, "-- in:last"), 'send in:this "-- in:last"'),
        (Send(THIS, '"hi"'), r'send in:this "\"hi\""'),
        (End(SessionRef(How.NAME, 'the "old" one')), r'end "the \"old\" one"'),
        (Move(LAST, Channel(ChannelId("C0SALES001"))), "move last to:<#C0SALES001>"),
        (Status(), "status"),
    ],
)  # fmt: skip
def test_the_shortest_spelling(command, text):
    assert render(command) == text
    assert parse(text, region="US", in_thread=True) == parse(text, region="US", in_thread=False)

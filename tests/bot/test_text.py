"""bot.text: mrkdwn ⇄ plain text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import emojis
from bot import text as module
from bot.model import ChannelId, UserId
from bot.text import (
    Mentions,
    Names,
    addressee_of,
    characters,
    clean,
    command_of,
    fold,
    literal,
    mentions,
    note_of,
    shorten,
    to_plain,
    to_slack,
    with_author,
)
from tests.faultlab.corpus import FROM_OUTSIDE, REPEATED

BOT = UserId("U0B0T0000")
NOBODY = Names(users={}, channels={}, groups={})
NAMES = Names(
    users={
        UserId("U012AB3CD"): "Ana Ruiz",
        UserId("W012AB3CD"): "Joe\n<!channel>",
        UserId("U999"): "ANDERSON",
        UserId("U888"): "U888",
    },
    channels={ChannelId("C012AB3CD"): "support", ChannelId("G012AB3CD"): None},
    groups={"S012AB3CD": "helpers"},
)

GOLDEN = {
    # people, channels, groups
    "hi <@U012AB3CD>": "hi @Ana Ruiz",
    "hi <@U012AB3CD|old.name>": "hi @Ana Ruiz",
    "hi <@U000ZZZZZ|carl>": "hi @carl",
    "hi <@U000ZZZZZ>!": "hi @teammate!",
    "hi <@U000ZZZZZ|U000ZZZZZ>": "hi @teammate",
    "hi <@U000ZZZZZ|W111YYYYY>": "hi @teammate",
    "hi <@U000ZZZZZ|>": "hi @teammate",
    "hi <@U000ZZZZZ": "hi @teammate",
    "hi <@W012AB3CD>": "hi @Joe <!channel>",
    "hi <@U999>": "hi @ANDERSON",
    "hi <@U888> <@U77|U77> <@U77|@U77>": "hi @teammate @teammate @teammate",
    "<@U012AB3CD><@U012AB3CD>": "@Ana Ruiz@Ana Ruiz",
    "see <#C012AB3CD|anything>": "see #support",
    "see <#C012AB3CD>": "see #support",
    "see <#C000ZZZZZ|general>": "see #general",
    "see <#C000ZZZZZ|>": "see #channel",
    "see <#C000ZZZZZ>": "see #channel",
    "see <#C000ZZZZZ|C000ZZZZZ>": "see #channel",
    "see <#G012AB3CD>": "see private channel",
    "see <#G012AB3CD|board-salaries>": "see private channel",
    "<!subteam^S012AB3CD> look": "@helpers look",
    "<!subteam^S000ZZZZZ|@oncall> look": "@oncall look",
    "<!subteam^S000ZZZZZ> look": "@group look",
    "<!here> <!here|here> <!here|@here>": "@here @here @here",
    "<!channel> <!everyone|everyone>": "@channel @everyone",
    "due <!date^1392734382^{date_short}|Feb 18, 2014 PST>": "due Feb 18, 2014 PST",
    "due <!date^1392734382^{date_short}^https://x.com/|Feb 18 &amp; 19>": "due Feb 18 & 19",
    "due <!date^1392734382^{date_short}>": "due",
    "<!unknown|shown> <!unknown>": "shown",
    "due <!date^1392734382^{date_num} {time_secs}|2014-02-18 6:39:42 AM PST>.": "due 2014-02-18 6:39:42 AM PST.",
    "<!subteam^S012AB3CD|@helpers>’s <@U012AB3CD|ana>'s <#C012AB3CD|support>-a": "@helpers’s @Ana Ruiz's #support-a",
    "~_*<@U012AB3CD>*_~ ~_*<#C012AB3CD|general>*_~ ~_*<!channel>*_~ ": "@Ana Ruiz #support @channel",
    "(<@U012AB3CD>), “<@U000ZZZZZ>”, <@U012AB3CD>?": "(@Ana Ruiz), “@teammate”, @Ana Ruiz?",
    # addresses
    "<mailto:ana@x.com|ana@x.com>": "ana@x.com",
    "<mailto:ana@x.com>": "ana@x.com",
    "<mailto:ana@x.com|Ana>": "Ana (ana@x.com)",
    "<mailto:ana@x.com?subject=Hi&amp;body=x|write us>": "write us (ana@x.com)",
    "<mailto:ana@x.com?subject=Hi|ana@x.com>": "ana@x.com",
    "<MAILTO:Ana@X.com|ana@x.com>": "ana@x.com",
    "<tel:+15035550123|call :phone:>": "call ☎️",
    "<tel:+15035550123|(503) 555-0123>": "(503) 555-0123",
    "<tel:+15035550123>": "+15035550123",
    "<https://x.com/a_b_c>": "https://x.com/a_b_c",
    "<https://x.com/?a=1&amp;b=2>": "https://x.com/?a=1&b=2",
    "<https://x.com|the *shop*>": "the *shop* (https://x.com)",
    "<https://x.com/|https://x.com>": "https://x.com",
    "<http://x.com|x.com>": "x.com",
    "<https://X.com/|x.com>": "x.com",
    "<https://x.com|>": "https://x.com",
    "<https://x.com|:tada: sale>": "🎉 sale (https://x.com)",
    "<https://x.com/?q=a%20b&amp;c=%3Cd%3E|see>": "see (https://x.com/?q=a%20b&c=%3Cd%3E)",
    "<https://x.com|1 &lt; 2 &amp; 3>": "1 < 2 & 3 (https://x.com)",
    "<https://x.com|>&gt;<https://y.com>": "https://x.com>https://y.com",
    "<https://x.com|a> <https://y.com|b>": "a (https://x.com) b (https://y.com)",
    "<https://x.com/a_b_c_d|a_b_c>": "a_b_c (https://x.com/a_b_c_d)",
    "<https://x.com#~a~>": "https://x.com#~a~",
    "<slack://user?team=T1&amp;id=U1|open>": "open (slack://user?team=T1&id=U1)",
    "<https://x.com/:tada:/*x*>": "https://x.com/:tada:/*x*",
    "<https://x.com/:tada:|https://x.com/:tada:>": "https://x.com/:tada:",
    "*<https://x.com|x.com>*, _<@U012AB3CD>_": "x.com, @Ana Ruiz",
    # markers
    "*bold* _it_ ~gone~": "bold it gone",
    "*bold _and it_*": "bold and it",
    "_*both*_ *_both_*": "both both",
    "(*bold*), “_it_”.": "(bold), “it”.",
    # as Slack writes what was formatted twice and three times
    "_*bold with italic*_\n~*with strike*~\n~_it_~\n~_*all three*_~": "bold with italic\nwith strike\nit\nall three",
    "*_~all~_* *~two~* _~two~_": "all two two",
    "*a _b ~c~ d_ e*": "a b c d e",
    "*`code`* _`a_b`_ ~`c`~": "code a_b c",
    "*<https://x.com/a_b|a_b>*": "a_b (https://x.com/a_b)",
    "*:tada: hi :tada:*": "🎉 hi 🎉",
    "*one*\n*two*": "one\ntwo",
    "¿*qué*? *é*; *x*—_y_…": "¿qué? é; x—y…",
    "$*5* *100*€ f(x)=_x_": "$5 100€ f(x)=x",
    # what Slack itself does not take for a pair stays, so that nothing is lost: it may have been a multiplication
    "*Mon*day a*b*c これは*重要*です 縦*横*高さ": "*Mon*day a*b*c これは*重要*です 縦*横*高さ",
    "*bold*text text*bold* ***x*** __x__": "*bold*text text*bold* ***x*** __x__",
    "* a* *b * ~ c~": "* a* *b * ~ c~",
    "2*3*4 and 2 * 3 * 4": "2*3*4 and 2 * 3 * 4",
    "snake_case_name and __init__": "snake_case_name and __init__",
    "a ~ b ~ c, ~5 to ~6": "a ~ b ~ c, ~5 to ~6",
    "*one\ntwo*": "*one\ntwo*",
    "**strong**": "**strong**",
    "*.py and *.js": "*.py and *.js",
    "*a* *b*, *c*": "a b, c",
    "* one\n* two": "* one\n* two",
    "• one\n• *two*": "• one\n• two",
    "1. one\n2. two": "1. one\n2. two",
    "&gt; said\n&gt; *so*": "> said\n> so",
    "&gt;no space": ">no space",
    "&gt;&gt;&gt; all\nof it": ">>> all\nof it",
    # lists as Slack writes those that were made with its buttons
    "Intro:\n• one\n    ◦ two\n        ▪︎ three\n• *four*": "Intro:\n• one\n    ◦ two\n        ▪︎ three\n• four",
    "test\n1. first\n2. second\n• a\n• b\n": "test\n1. first\n2. second\n• a\n• b",
    "1. _one_\n    a. `two`\n        i. ~three~\n2. <@U012AB3CD>": "1. one\n    a. two\n        i. three\n2. @Ana Ruiz",
    "&gt; • one\n&gt;     ◦ two\n&gt; 1. *three*\nanswer": "> • one\n>     ◦ two\n> 1. three\nanswer",
    "• one\n&gt; quoted\n• two": "• one\n> quoted\n• two",
    "• one\n```x = *1*```\n• two": "• one\nx = *1*\n• two",
    "- one\n- *two*\n\n\n+ three": "- one\n- two\n\n\n+ three",
    # code
    "`*x* :tada: a_b`": "*x* :tada: a_b",
    "run `a &amp;&amp; b`": "run a && b",
    "it`s and that`s": "it`s and that`s",
    "`open *x*": "`open x",
    "```\nx = *1*\n  y = :tada:\n```": "x = *1*\n  y = :tada:",
    "see ```a\nb``` there": "see\na\nb\n there",
    '```def f(x) -&gt; bool:\n    return x["a"] &amp; 1```': 'def f(x) -> bool:\n    return x["a"] & 1',
    "```one``` ```two```": "one\n\ntwo",
    "```a```\n&gt; q": "a\n> q",
    "a\n```\n\n  two\n```\nb": "a\n  two\nb",
    "```python\ncode```": "python\ncode",
    "```never closed *x*": "```never closed x",
    "`a`b`c` ``x``": "`a`b`c` `x`",
    "`a\nb`": "`a\nb`",
    "`&lt;@U012AB3CD&gt;`": "<@U012AB3CD>",
    "```curl <https://x.com>```": "curl https://x.com",
    "`<@U000ZZZZZ> <#C012AB3CD>`": "@teammate #support",
    # emoji
    ":wave: hi": "👋 hi",
    ":wave::skin-tone-2: :wave::skin-tone-3: :wave::skin-tone-6:": "👋🏻 👋🏼 👋🏿",
    ":man-shrugging::skin-tone-4:": "🤷🏽‍♂️",
    ":tada::skin-tone-4:": "🎉",
    ":+1::skin-tone-6: :thumbsup::skin-tone-3: :thumbsup_all:": "👍🏿 👍🏼 :thumbsup_all:",
    ":handshake::skin-tone-2-4: :handshake::skin-tone-2::skin-tone-4:!": "🤝🏻 🤝🏻!",
    ":people_holding_hands::skin-tone-2-4:": "🧑‍🤝‍🧑",
    ":woman_and_man_holding_hands: :man-woman-girl-boy:": "👫 👨‍👩‍👧‍👦",
    ":wave::skin-tone-1: :wave::skin-tone-7: :wave::skin-tone-22:": "👋:skin-tone-1: 👋:skin-tone-7: 👋:skin-tone-22:",
    "*:tada:* _:wave:_ ~:x:~ `:x:`": "🎉 👋 ❌ :x:",
    "👋 👋🏽 ❤️ 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿": "👋 👋🏽 ❤️ 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "https://x.com:8080/:a:": "https://x.com:8080/🅰️",  # no address that Slack saw: it would be a token
    ":: ::: :tada :tada : :": ":: ::: :tada :tada : :",
    ":one::two:": "1️⃣2️⃣",
    "great:tada:": "great🎉",
    "好:tada:好": "好🎉好",
    ":party_parrot: :blob-wave::skin-tone-2:": ":party_parrot: :blob-wave::skin-tone-2:",
    "10:30:45, 10:100:45, a:b:c, x:key:y, fe80:ab:": "10:30:45, 10:100:45, a:b:c, x:key:y, fe80:ab:",
    "time:now:smile:": "time:now😄",
    "*:keycap_star:* :keycap_star:": "*️⃣ *️⃣",
    "*:warning: Careful*": "⚠️ Careful",
    # entities, controls, space
    "a &lt; b &amp;&amp; c &gt; d": "a < b && c > d",
    "&amp;lt;b&amp;gt; &amp;amp;": "&lt;b&gt; &amp;",
    "&lt;@U012AB3CD&gt; &lt;!channel&gt;": "<@U012AB3CD> <!channel>",
    "&quot;x&quot; &#39;": "&quot;x&quot; &#39;",
    "a\0b\x07c\u202ed": "abcd",
    # other directions, and what cannot be seen
    "שלום *עולם* <https://x.com|קישור>": "שלום עולם קישור (https://x.com)",
    "مرحبا *بالعالم* _جيد_، <@U012AB3CD>": "مرحبا بالعالم جيد، @Ana Ruiz",
    "\u200f*שלום*\u200f": "שלום",
    "\u202e<@U012AB3CD>\u202c": "@Ana Ruiz",
    "می\u200cخواهم *می\u200cخواهم*": "می\u200cخواهم می\u200cخواهم",
    "*bo\u200bld* \u2060_it_\ufeff": "bold it",
    "<@\u200bU012AB3CD> <\u200bhttps://x.com>": "@Ana Ruiz https://x.com",
    "a\u00a0b\u3000c": "a\u00a0b\u3000c",
    "  a  \n\n b\t\n": "a\n\n b",
    "a\r\nb\u2028c": "a\nb\nc",
    "": "",
    "   ": "",
    # what Slack never sends
    "<": "<",
    "<>": "<>",
    "<|x>": "<|x>",
    "<foo>": "<foo>",
    "<@>": "@teammate",
    "<!>": "",
    "<#": "<#",
    "<@U012AB3CD <#C012AB3CD": "@Ana Ruiz #support",
    "<@U012AB3CD\n> x": "@teammate x",
    "<<@U012AB3CD>>": "<@Ana Ruiz>",
    "a > b < c": "a > b < c",
    "<https://x.com": "<https://x.com",
    "<!date^": "",
    "<!subteam^S012AB3CD": "@helpers",
    "&lt &gt; &amp &ampx;": "&lt > &amp &ampx;",
}


@pytest.mark.parametrize(("slack", "plain"), GOLDEN.items())
def test_to_plain(slack, plain):
    assert to_plain(slack, NAMES) == plain


def test_mentions_are_what_to_plain_asks_for():
    text = "<@U1> <@W2|x> <#C3|y> `<#G4>` <!subteam^S5|@z> <!here> <https://x.com|U6> &lt;@U7&gt; <@> <@U8"
    assert mentions(text) == Mentions(
        users=frozenset({UserId("U1"), UserId("W2"), UserId("U8")}),
        channels=frozenset({ChannelId("C3"), ChannelId("G4")}),
        groups=frozenset({"S5"}),
    )


@given(st.text())
def test_what_comes_from_outside_mentions_nobody(text):
    assert mentions(to_slack(text)) == Mentions(frozenset(), frozenset(), frozenset())


SIGNS = ("<", ">", "|", "@", "#", "!", "^", "*", "_", "~", "`", "```", ":", "\n", " ", "\0", "a")
ESCAPED = ("&lt;", "&gt;", "&amp;", ":tada:", ":skin-tone-2:")
OPENED = ("<@U012XY", "<#C012XY", "<!subteam^S012XY", "<https://x.com", "<!date^1^x")
PIECES = st.sampled_from(SIGNS + ESCAPED + OPENED)
SLACK_TEXT = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)
SURROGATES_TOO = st.text(st.characters(exclude_categories=[]))


@given(SLACK_TEXT)
@example("`<@U012XY|a` >")
@example("<@U012XY|U012XY> <#C012XY|#C012XY> <!subteam^S012XY|@S012XY>")
def test_no_id_of_a_token_is_ever_shown(text):
    """Whether it is known, labelled, cut off, or inside code. An id that somebody typed as words is no token."""
    tokens_only = re.sub(r"(?<!<@|<#)(?<!<!subteam\^)[UCS]012XY", "", text)
    assert "012XY" not in to_plain(tokens_only, NOBODY)


WRAPPINGS = [("*", "*"), ("_", "_"), ("~", "~"), ("`", "`"), ("“", "”"), ("&gt; ", ""), ("• ", ""), ("1. ", "")]


@given(st.lists(st.sampled_from(WRAPPINGS), max_size=4, unique=True), st.booleans())
@example([("`", "`"), ("1. ", "")], True)
def test_a_note_and_a_command_are_found_whatever_is_wrapped_around(wrappings, all_of_it):
    before, after = "".join(left for left, _ in wrappings), "".join(right for _, right in reversed(wrappings))
    said = (lambda first: f"{before}{first} end{after}") if all_of_it else (lambda first: f"{before}{first}{after} end")
    assert command_of(said(f"<@{BOT}>"), BOT) == "end"
    assert addressee_of(said("<@U1>")) == "U1"
    assert note_of(said("note:")) == "end"


@given(st.text(max_size=60))
def test_characters_are_the_text_again_and_none_begins_with_what_belongs_to_the_last(text):
    parts = list(characters(text))
    assert "".join(parts) == text
    assert all(len(list(characters(part))) == 1 for part in parts)


@given(SLACK_TEXT | SURROGATES_TOO)
@example("<@U012XY\0")
def test_to_plain_takes_anything_and_gives_clean_text(text):
    plain = to_plain(text, NAMES)
    assert clean(plain) == plain == plain.strip()


@given(SURROGATES_TOO)
def test_nothing_foreign_is_live_in_slack(text):
    slack = to_slack(text)
    assert not re.search("[<>]|&(?!(?:amp|lt|gt);)", slack)
    slack.encode()


@given(SURROGATES_TOO)
def test_to_slack_loses_nothing_but_what_clean_takes(text):
    slack = to_slack(text)
    assert slack.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == clean(text)


@given(st.text(st.characters(exclude_characters="*_~`:", exclude_categories=["Cs"])))
def test_text_without_markers_comes_back_as_it_went(text):
    """But for space at the ends of lines, which to_plain trims."""
    expected = "\n".join(line.rstrip() for line in clean(text).split("\n")).strip()
    assert to_plain(to_slack(text), NAMES) == expected


@given(SURROGATES_TOO)
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("foreign", "slack"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
        ("<!channel> <@U012AB3CD>", "&lt;!channel&gt; &lt;@U012AB3CD&gt;"),
        ("<\u200b!channel>", "&lt;!channel&gt;"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc\x0bd\x85e\u2028f\u2029g", "a\nb\nc\nd\ne\nf\ng"),
        ("\0\x1b[31mred\x7f\x9b", "[31mred"),
        ("\u202e321 \u2066x\u2069\u200e\u200f\u061c", "321 x"),
        ("a\u200bb\u2060c\ufeffd\u00ade\u200df\u200cg", "abcdefg"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("\ud800x\udfff", "x"),
        ("👨‍👩‍👧 🤷🏽‍♂️ 🏳️‍🌈 ❤️", "👨‍👩‍👧 🤷🏽‍♂️ 🏳️‍🌈 ❤️"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("👨\u200dx\u200d👩", "👨x👩"),
        ("می‌خواهم", "می‌خواهم"),
        ("क्‍ष", "क्‍ष"),
        ("Zoë 日本語 école", "Zoë 日本語 école"),
    ],
)
def test_to_slack(foreign, slack):
    assert to_slack(foreign) == slack


STAR, TICK = "<!date^00000000^{_}|*>", "<!date^00000000^{_}|`>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Boiler *hot*", f"Boiler {STAR}hot{STAR}"),
        ("snake_case, john_smith@acme.com, 2*3", "snake_case, john_smith@acme.com, 2*3"),
        ("a`b", f"a{TICK}b"),
        ("***** <b>", f"{STAR * 5} &lt;b&gt;"),
        ("_*~`*_ <b>", "ˍ∗∼ˋ∗ˍ &lt;b&gt;"),
        ("日*本*", f"日{STAR}本{STAR}"),
    ],
)
def test_a_sign_of_foreign_text_stays_a_sign(text, shown):
    """Slack shows what is given for a date without a form as it stands; more than there is room for look alike."""
    assert literal(text, 5 * len(STAR) + len(" &lt;b&gt;")) == shown


def test_what_a_sentence_of_ours_calls_code_stays_code():
    """Unless a foreign word in it holds half of a pair."""
    assert literal("“*x*”: type `/session list`.", 110, code=True) == f"“{STAR}x{STAR}”: type `/session list`."
    assert literal("“x`y”: type `list`.", 110, code=True) == f"“x{TICK}y”: type {TICK}list{TICK}."


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("note: call him", "call him"),
        ("NOTE:call him", "call him"),
        ("Private : call him", "call him"),
        ("note： call him", "call him"),
        ("  \n note: call him", "call him"),
        ("&gt; note: call him", "call him"),
        ("&gt;&gt;&gt; “note: call him”", "call him"),
        ("“note: call him”", "call him"),
        ("„note: call him“", "call him"),
        ("'note: it's him'", "it's him"),
        ("«note: call him»", "call him"),
        ("“*note: call him*”", "call him"),
        ("~note: call him~", "call him"),
        ("~_*note:*_~ call *him*", "call *him*"),
        ("~_*note: call him*_~", "call him"),
        ("&gt; note: *call* him", "*call* him"),
        ("• note: call him", "call him"),
        ("    ◦ note: call him", "call him"),
        ("        ▪︎ note: call him", "call him"),
        ("- note: call him", "call him"),
        ("* note: call him", "call him"),
        ("1. note: call him", "call him"),
        ("12) note: call him", "call him"),
        ("&gt; • *note*: call him", "call him"),
        ("```note: call him```", "call him"),
        ("*note* : call him", "call him"),
        ("note *:* call him", "call him"),
        ("*//* call him", "call him"),
        ("*:lock:* call him", "call him"),
        ("_🔒_ call him", "call him"),
        ("• // call him", "call him"),
        ("*note:* call him", "call him"),
        ("*note*: call him", "call him"),
        ("_*Note:*_ call *him*", "call *him*"),
        ("*note: call him*", "call him"),
        ("`note: call him`", "call him"),
        ("note: *call* <@U1> &amp; co", "*call* <@U1> &amp; co"),
        ("// call him", "call him"),
        ("//call\nhim", "call\nhim"),
        (";; call him", "call him"),
        ("／／call him", "call him"),
        ("🔒 call him", "call him"),
        ("🔒\ufe0f call him", "call him"),
        (":lock: call him", "call him"),
        (":LOCK: call him", "call him"),
        ("\u200bnote: call him", "call him"),
        ("note:", ""),
        ("//", ""),
        ("https://x.com", None),
        ("<https://x.com>", None),
        ("notebook: new", None),
        ("note to self", None),
        ("a note: call", None),
        ("notes: call", None),
        ("privately: call", None),
        ("/ call", None),
        ("; call", None),
        (":lock_with_ink_pen: call", None),
        ("🔓 call", None),
        ("hello // note", None),
        ("1.note: call", None),
        ("2026. That was", None),
        ("1 note: call", None),
        ("• call\n• note: him", None),
        ("", None),
    ],
)
def test_note_of(text, note):
    assert note_of(text) == note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@U0B0T0000> invite ana@x.com", "invite ana@x.com"),
        ("<@U0B0T0000|evo> invite", "invite"),
        ("<@U0B0T0000>: invite", "invite"),
        ("<@U0B0T0000>, end", "end"),
        ("<@U0B0T0000>end", "end"),
        ("  <@U0B0T0000>\n help", "help"),
        ("<@U0B0T0000> :tada: hi", ":tada: hi"),
        ("<@U0B0T0000>", ""),
        ("<@U0B0T0000>:", ""),
        ("*<@U0B0T0000>* end", "end"),
        ("*<@U0B0T0000> end*", "end"),
        ("_*<@U0B0T0000>*_: end", "end"),
        ("~_*<@U0B0T0000> end*_~", "end"),
        ("`<@U0B0T0000>` end", "end"),
        ("```<@U0B0T0000> end```", "end"),
        ("&gt; <@U0B0T0000> end", "end"),
        ("• <@U0B0T0000> end", "end"),
        ("1. <@U0B0T0000> end", "end"),
        ("“<@U0B0T0000> end”", "end"),
        ("\u200b*<@U0B0T0000>* invite *ana*", "invite *ana*"),
        ("<@U0B0T0000> note *this*", "note *this*"),
        ("<@U0B0T0000> chat “Boiler”", "chat “Boiler”"),
        ("*<@U0B0T0000>* chat “Boiler”", "chat “Boiler”"),
        ("“<@U0B0T0000>” end", "end"),
        ("*<@U0B0T00001>* end", None),
        ("1.<@U0B0T0000> end", None),
        ("hello <@U0B0T0000> end", None),
        ("<@U0B0T00001> end", None),
        ("&lt;@U0B0T0000&gt; end", None),
        ("@evo end", None),
        ("", None),
    ],
)
def test_command_of(text, words):
    assert command_of(text, BOT) == words


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("<@U1> call him", "U1"),
        ("<@W1|joe>: call him", "W1"),
        ("*<@U1>* call him", "U1"),
        ("~_*<@U1>*_~ call him", "U1"),
        ("&gt; <@U1> call him", "U1"),
        ("• <@U1> call him", "U1"),
        ("“<@U1> call him”", "U1"),
        ("\u200b <@U1>", "U1"),
        ("<!here> call him", ""),
        ("*<!channel>* call him", ""),
        ("<!subteam^S1|@team> call him", ""),
        ("<!date^1^x|now> call him", None),
        ("<#C1|x> call him", None),
        ("<https://x.com> call him", None),
        ("&lt;@U1&gt; call him", None),
        ("call <@U1>", None),
        ("<@>", None),
        ("", None),
    ],
)
def test_addressee_of(text, whom):
    assert addressee_of(text) == whom


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Ana Ruiz", "Ana Ruiz: hello"),
        (" Ana\n\tRuiz\u202e ", "Ana Ruiz: hello"),
        ("", "hello"),
        ("\u200b", "hello"),
        ("x" * 100, "x" * 79 + "…: hello"),
    ],
)
def test_with_author(name, line):
    assert with_author(name, "hello") == line


@pytest.mark.parametrize(
    ("one", "other"),
    [("a\r\nb", "a\nb"), ("a  b\t\n", " a b"), ("a\u00a0b", "a b"), ("Zoe\u0308", "Zoë"), ("", "\n")],
)
def test_fold_makes_equal_what_reads_the_same(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("a b", "ab"), ("A", "a"), ("1", "①"), ("👍", "👍🏽")])
def test_fold_keeps_apart_what_does_not(one, other):
    assert fold(one) != fold(other)


def test_fold_never_has_to_sort_more_than_thirty_marks():
    """Normalising sorts the marks of one letter in quadratic time (Unicode's stream-safe text has at most 30)."""
    folded = fold("a" + "\u0315\u0316" * 100)
    assert max(map(len, re.split("[^\u0315\u0316]", folded))) == 30


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("hello", 5, "hello"),
        ("hello!", 5, "hell…"),
        ("hello world", 7, "hello…"),
        ("hello", 1, "…"),
        ("hello", 0, ""),
        ("hello", -1, ""),
        ("", 0, ""),
        ("abe\u0301x", 4, "ab…"),
        ("ab👍🏽x", 4, "ab…"),
        ("ab❤️x", 4, "ab…"),
        ("a👨‍👩‍👧x", 5, "a…"),
        ("🇺🇸🇨🇦x", 4, "🇺🇸…"),
        ("🇺🇸🇨🇦xy", 5, "🇺🇸🇨🇦…"),
        ("a" + "\u0301" * 200, 100, "a" + "\u0301" * 98 + "…"),
    ],
)
def test_shorten(text, limit, short):
    assert shorten(text, limit) == short


@given(st.text(), st.integers(-2, 30))
def test_shorten_is_never_longer_than_asked(text, limit):
    short = shorten(text, limit)
    assert len(short) <= max(limit, 0)
    assert short == text or (text.startswith(short.removesuffix("…")) and (limit < 1 or short.endswith("…")))


SLACK_NAMES = """
    +1 -1 thumbsup thumbsdown white_check_mark heavy_check_mark x tada heart slightly_smiling_face simple_smile
    wave thinking_face face_with_rolling_eyes rolling_on_the_floor_laughing hugging_face upside_down_face
    zany_face star-struck raised_eyebrow exploding_head shushing_face partying_face pleading_face melting_face
    saluting_face face_palm man-facepalming woman-shrugging man-raising-hand woman-tipping-hand
    man-getting-massage woman-running man-with-bunny-ears-partying woman-wrestling man-playing-water-polo
    woman-mountain-biking man-wearing-turban blond-haired-woman male-doctor female-doctor male-teacher
    female-judge male-office-worker female-factory-worker male-technologist female-astronaut male-police-officer
    female-detective male-guard female-construction-worker female_mage male_vampire female_elf male_genie
    female_zombie male_fairy male_superhero female_superhero man-woman-girl-boy woman-woman-boy
    man-man-girl-girl man-boy woman-girl-girl woman-kiss-man man-heart-man couplekiss couple_with_heart flag-us
    flag-gb flag-un flag-eu us gb jp flag-england flag-scotland rainbow-flag transgender_flag pirate_flag
    waving_white_flag large_green_circle large_blue_circle large_red_square face_with_cowboy_hat
    knife_fork_plate first_place_medal medal lightning mostly_sunny email e-mail envelope phone
    telephone_receiver fax pager lock key 100 hash zero keycap_ten spock-hand the_horns crossed_fingers
    i_love_you_hand_sign eye-in-speech-bubble t-rex left-facing_fist non-potable_water
    smiling_face_with_3_hearts
"""


@pytest.mark.parametrize("name", SLACK_NAMES.split())
def test_names_slack_uses_are_known(name):
    plain = to_plain(f":{name}:", NOBODY)
    assert emojis.is_emoji(plain)


@pytest.mark.parametrize(
    ("name", "picture"),
    [
        ("flag-us", "🇺🇸"),
        ("flag-england", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("male-doctor", "👨‍⚕️"),
        ("man-woman-girl-boy", "👨‍👩‍👧‍👦"),
        ("woman-kiss-man", "👩‍❤️‍💋‍👨"),
        ("woman-heart-woman", "👩‍❤️‍👩"),
        ("large_orange_circle", "🟠"),
        ("email", "✉️"),
        ("satellite", "🛰️"),
        ("flag-xx", ":flag-xx:"),
    ],
)
def test_slack_names_mean_slack_pictures(name, picture):
    assert to_plain(f":{name}:", NOBODY) == picture


def test_every_difference_from_the_emoji_package_is_an_emoji_and_needed():
    own = module._SLACK_EMOJI
    assert [name for name, picture in own.items() if not emojis.is_emoji(picture)] == []
    assert [name for name, picture in own.items() if emojis.named(name) == picture] == []


@pytest.mark.parametrize("text", FROM_OUTSIDE, ids=range(len(FROM_OUTSIDE)))
def test_the_way_there_and_back_is_stable(text):
    """What a customer would read, typed again by a colleague, reads the same from then on."""
    once = to_plain(to_slack(text), NOBODY)
    twice = to_plain(to_slack(once), NOBODY)
    assert to_plain(to_slack(twice), NOBODY) == twice
    assert clean(once) == once


@pytest.mark.parametrize("sign", REPEATED)
def test_forty_thousand_of_anything_end(sign):
    """Slack's longest message: quick here, minutes with a pattern that goes back over what it has read."""
    text = (sign * 40_000)[:40_000]
    for used in (f"note:{text}x", f"<@{BOT}> {text}"):
        to_plain(used, NAMES)
        to_slack(used)
        mentions(used)
        note_of(used)
        command_of(used, BOT)
        addressee_of(used)
        fold(used)
        shorten(used, 20_000)
        with_author(used, used)

"""Words that want to be more than words, in both directions, through the bot as it is shipped."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sandbox import steady
from sandbox.evo import Seeds, default_seeds
from sandbox.evo.seeds import User, seed_id
from sandbox.slack.errors import GestureError
from sandbox.slack.seeds import ANNA, BEN, BOT_USER, SUPPORT
from tests.faultlab.corpus import FROM_OUTSIDE, NOTES
from tests.faultlab.mirror import Forged, Mirror, Seen
from tests.faultlab.theatre import Theatre, Wishes, evo_id, open_session, theatre
from tests.faultlab.verdict import Verdict
from tests.helpers import until

# Words that a database and a wire can carry at all; halves of characters are for the tests of the client.
WORDS = [text for text in FROM_OUTSIDE if not re.search("[\ud800-\udfff]", text)]
SEVERAL = 20  # of what takes a session each
OURS = re.compile(
    rf"<@(?:{ANNA}|{BEN}|{BOT_USER})>|<!date\^\d+\^\{{date_short_pretty\}} \{{time\}}\|[0-9UTC: -]+>"
    r"|<!date\^00000000\^\{_\}\|[*_~`＊＿｀]>"  # a sign that is to be only a sign
)
LIVE = re.compile(r"<!|<[@#][UWCGS][A-Z0-9]{7}|&(?:lt|gt|amp);|[UWCS]12345678|U0CARLA001|C0SUPPORT1")
MARK = re.compile(r"⟦(\d+)⟧")


def hostile_words(folder: Path, long: bool) -> Verdict:
    """Said, called, named and refused with; typed and raw; then every text that reached a far side is read."""
    words = WORDS if long else WORDS[::2]
    found = steady.run(_play(folder, words, len(words) if long else SEVERAL))
    wrong = {what: examples for what, examples in found.items() if examples and isinstance(examples, list)}
    return Verdict(
        promise="foreign words are only words, in both directions, and none is dropped in silence",
        tried=f"{len(words)} hostile texts: said, as names, files, refusals, titles, in lists; {found['posts']} posts",
        lost=len(found["not shown as said"]) + len(found["lost on the way out"]),
        also={what: len(found[what]) for what in found if what != "posts" and not what.startswith(("not sh", "lost"))},
        examples=[f"{what}: {example}" for what, examples in wrong.items() for example in examples[:5]],
    )


class Refusing(Mirror):
    """Evo Voice, but what is said in the session `refused` is refused in words that are as hostile."""

    refused = ""
    words: Sequence[str] = ()

    def answer_to(self, seen: Seen) -> Forged | None:
        if not self.refused or seen.path != f"/sessions/{self.refused}/messages" or seen.method != "POST":
            return None
        number = MARK.search(json.loads(seen.body)["body"])
        assert number is not None
        said = {"responseStatus": {"errorCode": "No", "message": self.words[int(number[1])]}}
        return Forged(400, json.dumps(said).encode())


def _seeds(words: Sequence[str]) -> Seeds:
    """A population in which everybody has chosen a hostile name."""
    usual = default_seeds()
    account = usual.accounts[0].id
    users = [
        User(id=seed_id("e", 1000 + n), email=f"user{n}@example.com", name=f"{text} ⟦{n}⟧", account_id=account)
        for n, text in enumerate(words)
    ]
    return replace(usual, users=(*usual.users, *users))


@dataclass
class Play:
    there: Theatre
    words: Sequence[str]
    refusing: Refusing


async def _play(folder: Path, words: Sequence[str], several: int) -> dict[str, Any]:
    refusing = Refusing((), "")
    refusing.words = words
    wishes = Wishes(seeds=_seeds(words), before_evo=refusing, program=("tests.faultlab.saboteur", "--hurry"))
    async with theatre(folder, "socket", wishes) as there:
        play = Play(there, words, refusing)
        there.evo.change_quirks(from_format="name")
        await there.start()
        heard = await _hear_everything(play)
        threads = await _say_everything(play)
        answers = await _look_everywhere(play, several)
        calls = there.slack.journal.entries("api")
        return {
            "posts": sum(call["method"] == "chat.postMessage" for call in calls),
            "not shown as said": _not_as_said(play, heard),
            "lost on the way out": _lost(play, *threads),
            "raw tokens in Slack": [text for text in _texts(calls, answers) if _is_raw(text)],
            "posts that may unfurl": [call["args"] for call in calls if _may_unfurl(call)],
            "texts that Slack refused": [f"{call['method']}: {call['answer']}" for call in calls if _is_refused(call)],
            "ids or tokens at Evo Voice": _live_at_evo(play),
            "notes at Evo Voice": _notes_at_evo(play),
        }


# What people do


async def _hear_everything(play: Play) -> str:
    """Everybody comes in and says what they are called, with a file; returns the thread."""
    ts = await open_session(play.there, ANNA, SUPPORT, "Heard", f_members="joe@example.com")
    session = evo_id(play.there, "Heard")
    for n, text in enumerate(play.words):
        play.there.evo.join(session, f"user{n}@example.com")
        play.there.evo.hear(session, f"user{n}@example.com", f"{text} ⟦{n}⟧", text, text)
    await until(lambda: len(_marks_in(_shown(play, ts))) == len(play.words), "all to be shown", 120)
    return ts


async def _say_everything(play: Play) -> tuple[str, str, str]:
    """Typed, raw, and in a session where everything is refused; returns the three threads."""
    threads = [
        await open_session(play.there, ANNA, SUPPORT, name, f_members="joe@example.com")
        for name in ("Typed", "Raw", "No")
    ]
    play.refusing.refused = evo_id(play.there, "No")
    for n, text in enumerate(play.words):
        for thread, raw in zip(threads, (False, True, False), strict=True):
            await play.there.slack.say(BEN, SUPPORT, f"{text} ⟦{n}⟧", thread, raw=raw)
    await until(lambda: _unfinished(play) == 0, "everything to be sent or refused, and told", 240)
    return threads[0], threads[1], threads[2]


async def _look_everywhere(play: Play, several: int) -> list[Any]:
    """Lists, forms, commands and titles; returns what was shown at once, which no journal has."""
    shown: list[Any] = []
    await play.there.slack.slash(ANNA, SUPPORT, "/session")
    for n in range(len(play.words)):
        shown += await play.there.slack.suggest(ANNA, "f_with", f"⟦{n}⟧")
    await play.there.slack.close(ANNA)
    thread = await open_session(play.there, ANNA, SUPPORT, "Commands", f_members="joe@example.com")
    for n in range(0, len(play.words), max(1, len(play.words) // several)):
        await play.there.slack.say(BEN, SUPPORT, f"<@{BOT_USER}> {play.words[n]}", thread, raw=True)
        shown.append(asdict(await play.there.slack.slash(ANNA, SUPPORT, "/session", play.words[n])))
        shown.append(asdict(await play.there.slack.slash(ANNA, SUPPORT, "/session", f"chat {play.words[n]}")))
        await _named(play, f"{play.words[n][:90]} ⟦{n}⟧")
    await until(lambda: play.there.slack.pending() == play.there.unfinished() == 0, "everything to be answered", 60)
    return [*shown, *play.there.slack.ephemerals(BEN), *play.there.slack.ephemerals(ANNA)]


async def _named(play: Play, name: str) -> None:
    """A session of this name, its card, and the form that quotes it."""
    try:
        await play.there.slack.slash(ANNA, SUPPORT, "/session")
        await play.there.slack.fill(ANNA, {"f_name": name, "f_where": SUPPORT, "f_members": f"joe@example.com, {name}"})
        await play.there.slack.submit(ANNA)  # refused: the error quotes what was typed
        await play.there.slack.fill(ANNA, {"f_members": "joe@example.com"})
        await play.there.slack.submit(ANNA)
    except GestureError:
        return  # a client would not have let them


# What must hold in Slack


def _texts(calls: Sequence[dict[str, Any]], answers: list[Any]) -> Iterator[str]:
    """Every text in which Slack would look for tokens."""
    for call in calls:
        if call["method"].startswith(("chat.", "views.")):
            yield from _mrkdwn(call["args"])
    for answer in answers:
        yield from _mrkdwn(answer)


def _mrkdwn(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str) and part.get("type") not in {"plain_text", "text"}:
            yield part["text"]
        for name in ("blocks", "elements", "fields", "text", "view", "ephemeral", "response", "errors"):
            yield from _mrkdwn(part.get(name))
    elif isinstance(part, list):
        for each in part:
            yield from _mrkdwn(each)


def _is_raw(text: str) -> bool:
    left = OURS.sub("", text)
    return bool(re.search("[<>]|&(?!(?:amp|lt|gt);)", left))


def _may_unfurl(call: dict[str, Any]) -> bool:
    given = call["args"]
    return call["method"] == "chat.postMessage" and not (
        given.get("unfurl_links") is given.get("unfurl_media") is False
    )


def _is_refused(call: dict[str, Any]) -> bool:
    """A form that was submitted while it was being completed is no longer there: nobody would read it."""
    if call["method"] == "views.update" and (call["answer"] or {}).get("error") == "not_found":
        return False
    return call["method"].startswith(("chat.", "views.")) and not (call["answer"] or {}).get("ok")


def _shown(play: Play, ts: str) -> str:
    """The words that people see in text elements under a card, one post after the other."""
    posts = play.there.slack.messages(SUPPORT, ts)[1:]
    blocks = [block for post in posts for block in post.get("blocks") or [] if block["type"] == "rich_text"]
    return "\n".join("".join(e["text"] for e in block["elements"][0]["elements"]) for block in blocks)


def _marks_in(text: str) -> set[int]:
    return {int(number) for number in MARK.findall(text)}


def skeleton(text: str) -> str:
    """What can be seen of a text: letters, digits, signs. Independent of how the bot cleans."""
    return "".join(c for c in text if unicodedata.category(c)[0] in "LNPS" and c not in "\u3164\uffa0")


def _not_as_said(play: Play, ts: str) -> list[str]:
    """Each heard text, whole and in its order."""
    shown, said = MARK.split(_shown(play, ts)), []
    for text, number in zip(shown[0::2], shown[1::2], strict=False):
        said.append((int(number), skeleton(text)))
    expected = [(n, skeleton(text)) for n, text in enumerate(play.words)]
    return [
        f"{play.words[n]!r} became {got!r}" for (n, want), (_, got) in zip(expected, said, strict=False) if want != got
    ] + [f"{len(said)} shown of {len(expected)}"] * (
        len(said) != len(expected) or [n for n, _ in said] != [n for n, _ in expected]
    )


# What must hold at Evo Voice


def _sent(play: Play, name: str) -> dict[int, str]:
    bodies = [effect.detail["body"] for effect in play.there.evo.effects(evo_id(play.there, name), "sent")]
    return {int(found[1]): body[: found.start()] for body in bodies if (found := MARK.search(body))}


def _lost(play: Play, *threads: str) -> list[str]:
    """What was typed has arrived as it was typed, or stands there as a note or refused, and then it is said so."""
    wrong = [
        f"{play.words[n]!r} arrived as {body!r}"
        for n, body in _sent(play, "Typed").items()
        if not _is_formatted(play.words[n]) and skeleton(body) != skeleton(f"Ben: {play.words[n]}")
    ]
    for name, thread in zip(("Typed", "Raw", "No"), threads, strict=True):
        states, arrived = _states(play).get(thread, {}), set(_sent(play, name))
        for n, text in enumerate(play.words):
            state = states.get(n, "nowhere")
            if state not in {"delivered", "refused", "kept"} or (state == "delivered") != (n in arrived):
                wrong.append(f"{name}: {text!r} is {state}")
        untold = list(states.values()).count("refused") - _refusals_told(play, thread)
        wrong += [f"{name}: a refusal that nobody was told"] * untold
    return wrong


def _refusals_told(play: Play, thread: str) -> int:
    posts = play.there.slack.messages(SUPPORT, thread)
    return sum(post["user"] == BOT_USER and "Not sent" in post["text"] for post in posts)


def _is_formatted(text: str) -> bool:
    """Markers and shortcodes are the only thing that may be missing from what was typed."""
    return bool(re.search(r"[*_~`]|:[a-z0-9_+'-]+:", text))


def _live_at_evo(play: Play) -> list[str]:
    return [
        f"{play.words[n]!r} arrived as {body!r}"
        for n, body in _sent(play, "Raw").items()
        if _leaks(play.words[n], body)
    ]


def _leaks(text: str, body: str) -> bool:
    """An id, token or entity that is there though nobody has written it as words."""
    plain = re.sub("<[^<>]*>|<[@#!][^<> ]*", "", text)
    meant = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return any(live.group() not in meant for live in LIVE.finditer(body))


def _notes_at_evo(play: Play) -> list[str]:
    notes = {n for n, text in enumerate(play.words) if text in NOTES and not text.startswith("> ")}
    return [play.words[n] for name in ("Typed", "Raw") for n in notes & set(_sent(play, name))]


# The bot's file, as anybody could read it


def _states(play: Play) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for thread, state, body in play.there.rows("SELECT thread_ts, state, body FROM item WHERE kind = 'say'"):
        if number := MARK.search(json.loads(body).get("text", "")):
            found.setdefault(thread, {})[int(number[1])] = state
    return found


def _unfinished(play: Play) -> int:
    """What is still to come of what was said three times over."""
    return 3 * len(play.words) - sum(map(len, _states(play).values())) + play.there.unfinished()

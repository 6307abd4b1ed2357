"""What customers send stands in the thread, once, right after their words; or it is said why it does not."""

from __future__ import annotations

import asyncio
import base64
import random
from pathlib import Path
from typing import Any

import pytest

from bot.filekinds import host_of
from bot.model import Post, PostKind, PostState, Session, ThreadKey, Ts
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import ANNA, BOT_USER, SUPPORT
from tests.faultlab.core import core
from tests.faultlab.virtual import VirtualLoop
from tests.helpers import until
from tests.world import World

JOE = "joe@example.com"
PNG = b"\x89PNG\r\n\x1a\n a picture of a boiler"
PAGE = "a web page came instead, perhaps to sign in."
WITH_IT = "Sent a file (image/png)."
SENT = f"Joe Park: {WITH_IT}"


def send(world: World, session: Session, body: str = "", data: bytes = PNG, kind: str = "image/png") -> str:
    uri = world.evo.put_media("boiler.png", kind, base64.b64encode(data).decode())
    world.evo.hear(session.evo_id or "", JOE, body, uri, kind)
    return uri


def shown(world: World, session: Session, ts: str | None = None) -> list[str]:
    """What stands under the card, ours only; a file by its name in brackets."""
    messages = world.slack.messages(SUPPORT, ts or session.thread_ts)
    ours = [message for message in messages[1:] if message.get("user") == BOT_USER]
    return [f"({message['files'][0]['title']})" if message.get("files") else message["text"] for message in ours]


def files_in_slack(world: World) -> list[bytes]:
    messages = [message for message in world.slack.messages(SUPPORT) if message.get("files")]
    return [base64.b64decode(world.slack.file_content(message["files"][0]["id"])["content"]) for message in messages]


def not_here(why: str, where: str = ", at 127.0.0.1") -> str:
    return f"The file (image/png{where}) is not here: {why} Open it in Evo Voice."


def post_of(world: World, state: PostState | None = None) -> Post | None:
    sql = "SELECT key FROM post WHERE kind = 'file' AND (?1 IS NULL OR state = ?1) ORDER BY key"
    keys = world.store.read._connection.execute(sql, (state,)).fetchall()
    return world.store.read.post(keys[0][0]) if keys else None


def the_post(world: World) -> Post:
    post = post_of(world)
    assert post is not None
    return post


async def shows(world: World, session: Session, *lines: str) -> None:
    await until(lambda: len(shown(world, session)) >= len(lines), f"{len(lines)} lines, are {shown(world, session)}")
    assert shown(world, session) == list(lines)


async def test_a_picture_stands_right_after_the_line_that_brought_it(world: World) -> None:
    session = await world.opened()
    send(world, session, "my boiler")
    world.evo.hear(session.evo_id or "", JOE, "do you see?")
    await shows(world, session, f"Joe Park: my boiler {WITH_IT}", "(picture.png)", "Joe Park: do you see?")
    assert files_in_slack(world) == [PNG]
    post = the_post(world)
    assert (post.state, post.kind, post.text, bool(post.file)) == (PostState.DONE, PostKind.FILE, "", True)


async def test_a_line_of_nothing_but_a_picture_says_so(world: World) -> None:
    session = await world.opened()
    send(world, session)
    await shows(world, session, SENT, "(picture.png)")


async def test_each_thread_of_a_session_gets_it(world: World) -> None:
    session = await world.opened()
    other = Ts(await world.slack.say(ANNA, SUPPORT, "another thread"))
    await world.store.write(lambda tx: tx.add_link(ThreadKey(session.team, session.channel, other), session.key))
    send(world, session)
    await shows(world, session, SENT, "(picture.png)")
    await until(lambda: shown(world, session, other) == [SENT, "(picture.png)"], "the other thread")
    assert files_in_slack(world) == [PNG, PNG]


async def test_behind_a_login_it_is_fetched_with_ours(world: World) -> None:
    world.evo.change_quirks(media_needs_sign_in=True)
    session = await world.opened()
    send(world, session)
    await shows(world, session, SENT, "(picture.png)")


# Not here, and why


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("https://files.evil.example/a.png", "I may not fetch from that host."),
        ("https://169.254.169.254/latest", "I may not fetch from that host."),
        ("file:///etc/passwd", "its address cannot be used safely."),
        ("http://evil.example/<!channel>", "its address cannot be used safely."),
        ("https://u:p@evil.example/", "its address cannot be used safely."),
    ],
)
async def test_a_file_elsewhere_is_named_with_its_host_and_the_reason(world: World, uri: str, why: str) -> None:
    session = await world.opened()
    world.evo.hear(session.evo_id or "", JOE, "", uri, "image/png")
    world.evo.hear(session.evo_id or "", JOE, "and more")
    host = host_of(uri)
    await shows(world, session, SENT, not_here(why, f", at {host}" if host else ""), "Joe Park: and more")
    assert world.slack.journal.calls("files.getUploadURLExternal") == []


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        (b"<!doctype html><html>Sign in</html>", "image/png", PAGE),
        (b"words", "image/png", "what came is not what it is said to be."),
        (b"", "image/png", "what came is empty."),
        (PNG + b"\0" * 1_000_000, "image/png", "it is larger than the 1 MB that I may carry."),
    ],
)
async def test_what_is_not_fit_is_not_put_into_the_thread(world: World, data: bytes, kind: str, why: str) -> None:
    session = await world.opened()
    send(world, session, data=data, kind=kind)
    await shows(world, session, SENT, not_here(why))
    assert files_in_slack(world) == []


async def test_what_has_gone_has_gone(world: World) -> None:
    session = await world.opened()
    world.evo.hear(session.evo_id or "", JOE, "", f"{world.evo.url}/media/none", "image/png")
    await shows(world, session, SENT, not_here("that host does not have it any more."))


async def test_without_the_scope_it_is_said_and_everything_else_goes_on(world: World) -> None:
    session = await world.opened()
    kept = [scope for scope in world.slack.settings.manifest.scopes if scope != "files:write"]
    world.slack.settings.manifest = Manifest.of({"oauth_config": {"scopes": {"bot": kept}}})
    send(world, session)
    world.evo.hear(session.evo_id or "", JOE, "hello?")
    await shows(
        world,
        session,
        SENT,
        not_here("Slack has not allowed me to upload files (files:write); an administrator can change that."),
        "Joe Park: hello?",
    )


# Trouble on Slack's side


DID = [("cut_after", {}), ("http_503_after", {}), ("error_after", {"error": "internal_error"})]
DID_NOT = [
    ("cut_before", {}),
    ("http_500", {}),
    ("error", {"error": "fatal_error"}),
    ("ratelimited", {"retry_after": 1}),
]
STEPS = ["files.getUploadURLExternal", "files.upload", "files.completeUploadExternal", "conversations.replies"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("fault", "details"), DID + DID_NOT)
async def test_a_file_stands_once_whatever_happens_to_an_answer(
    world: World, step: str, fault: str, details: dict[str, Any]
) -> None:
    session = await world.opened()
    world.slack.faults.order(step, fault, **details)
    send(world, session)
    world.evo.hear(session.evo_id or "", JOE, "after it")
    await shows(world, session, SENT, "(picture.png)", "Joe Park: after it")
    assert files_in_slack(world) == [PNG]


async def test_a_death_between_upload_and_showing_begins_anew(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("files.upload", "slow", seconds=3)
    send(world, session)
    await until(lambda: world.slack.journal.calls("files.getUploadURLExternal"), "the upload to begin")
    await world.die()
    world.slack.faults.clear()
    assert the_post(world).file is None
    world.start()
    await shows(world, session, SENT, "(picture.png)")
    assert files_in_slack(world) == [PNG]


async def test_a_death_while_it_is_shown_does_not_show_it_twice(world: World) -> None:
    session = await world.opened()
    world.slack.faults.order("files.completeUploadExternal", "slow", seconds=3)
    send(world, session)
    await until(lambda: post_of(world, PostState.SENDING), "it to be on its way")
    await world.die()
    world.slack.faults.clear()
    assert the_post(world).file is not None
    world.start()
    await shows(world, session, SENT, "(picture.png)")
    await until(lambda: post_of(world, PostState.DONE), "it to be known")
    assert files_in_slack(world) == [PNG]


async def test_what_slack_takes_long_to_show_is_not_shown_twice(tmp_path: Path) -> None:
    """Shown after the settling time: by then Slack has been asked again, which does nothing."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    async with core(loop, tmp_path, slack_settle=30.0) as world:  # so long that a busy machine looks in between, too
        session = await world.opened()
        world.slack.settings.share_seconds = 1.5 * world.slack_settle
        send(world, session)
        await until(lambda: post_of(world, PostState.DONE), "it to be known")
        world.evo.hear(session.evo_id or "", JOE, "after it")
        await shows(world, session, SENT, "(picture.png)", "Joe Park: after it")
        assert len(world.slack.journal.calls("files.completeUploadExternal")) == 2
        assert len(world.slack.journal.calls("files.upload")) == 1


async def test_what_slack_took_and_never_shows_is_said_in_words(world: World) -> None:
    session = await world.opened()
    world.slack.settings.share_seconds = 10_000
    send(world, session)
    world.evo.hear(session.evo_id or "", JOE, "after it")
    await shows(world, session, SENT, not_here("Slack did not take it."), "Joe Park: after it")
    assert len(world.slack.journal.calls("files.upload")) == 1


async def test_nothing_is_shown_in_the_open_channel(world: World) -> None:
    """Its thread has gone: Slack might put a file into the channel itself then."""
    session = await world.opened()
    world.slack.settings.lost_threads = True
    world.evo.fault("slow", "GetMedia", seconds=2)
    send(world, session)
    await shows(world, session, SENT)
    channel = world.slack.world.channel(SUPPORT)
    for message in [*channel.replies(session.thread_ts or ""), channel.messages[session.thread_ts or ""]]:
        world.slack.world.remove(channel, message.ts)
    await until(lambda: the_post(world).text, "the words")
    assert world.slack.journal.calls("files.completeUploadExternal") == []


# Trouble on the other side


@pytest.mark.parametrize("fault", ["500", "cut_after", "hang", "truncate"])
async def test_a_host_in_trouble_is_asked_again(world: World, fault: str) -> None:
    session = await world.opened()
    world.evo.fault(fault, "GetMedia", seconds=0.1)
    send(world, session)
    await shows(world, session, SENT, "(picture.png)")


async def test_a_host_that_stays_in_trouble_is_given_up(world: World) -> None:
    session = await world.opened()
    world.evo.fault("503", "GetMedia", times=None)
    send(world, session)
    world.evo.hear(session.evo_id or "", JOE, "later words")
    await until(lambda: len(shown(world, session)) == 3, "the words", seconds=60)
    why = "that host did not answer, although I tried several times."
    assert shown(world, session) == [
        SENT, not_here(why), "Joe Park: later words",
    ]  # fmt: skip
    assert world.posts("GetMedia") == 4


async def test_a_slow_host_holds_up_its_own_thread_only(world: World) -> None:
    slow, other = await world.opened(n=1), await world.opened(n=2)
    world.evo.fault("hang", "GetMedia", seconds=5)
    send(world, slow)
    await until(lambda: world.posts("GetMedia"), "the file to be asked for")
    world.evo.hear(other.evo_id or "", JOE, "quick")
    await shows(world, other, "Joe Park: quick")
    assert shown(world, slow) == [SENT]


async def test_a_page_of_threads_each_gets_its_own_file(world: World) -> None:
    sessions = [await world.opened(n=n) for n in range(1, 7)]
    for n, session in enumerate(sessions):
        send(world, session, f"{n}", PNG + bytes([n]))
    for n, session in enumerate(sessions):
        await until(lambda session=session: len(shown(world, session)) == 2, f"file {n}")
        assert shown(world, session) == [f"Joe Park: {n} {WITH_IT}", "(picture.png)"]
    assert sorted(files_in_slack(world)) == [PNG + bytes([n]) for n in range(6)]


@pytest.mark.parametrize(("there", "why"), [
    ("https://evil.example/b.png", "its address leads on to where I may not fetch from."),
])  # fmt: skip
async def test_a_redirect_elsewhere_is_not_followed(world: World, there: str, why: str) -> None:
    session = await world.opened()
    world.evo.fault("redirect", "GetMedia", header=there)
    send(world, session)
    await shows(world, session, SENT, not_here(why))


async def test_a_sign_in_page_is_no_picture(world: World) -> None:
    session = await world.opened()
    world.evo.fault("page", "GetMedia")
    send(world, session)
    await shows(world, session, SENT, not_here(PAGE))


@pytest.mark.parametrize("seed", range(4))
async def test_whenever_the_process_dies_each_file_stands_once_behind_its_line(world: World, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable chance, no secret
    session = await world.opened()
    for n in range(4):
        send(world, session, f"{n}", PNG + bytes([n]))
        for _ in range(3):
            await asyncio.sleep(dice.uniform(0, 0.4))
            await world.die()
            world.start()
    expected = [line for n in range(4) for line in (f"Joe Park: {n} {WITH_IT}", "(picture.png)")]
    await until(lambda: len(shown(world, session)) >= len(expected), f"everything, is {shown(world, session)}")
    world.evo.hear(session.evo_id or "", JOE, "the end")
    await until(lambda: "Joe Park: the end" in shown(world, session), "the end")
    assert shown(world, session) == [*expected, "Joe Park: the end"]
    assert files_in_slack(world) == [PNG + bytes([n]) for n in range(4)]

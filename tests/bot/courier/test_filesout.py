"""Files that people put into a thread: named when they do not go, an address under the words when they do."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.courier.filesout import from_people
from bot.fetching import NotFetched
from bot.model import NotHere, Session, SlackName, State, TeamId, Ts, name_of_message
from sandbox.slack.manifest import Manifest
from sandbox.slack.seeds import BEN, SUPPORT, TEAM
from tests.helpers import until
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n a picture"
PAGE = b"<!doctype html><html>mine</html>"


def a_file(name: str = "boiler.png", data: bytes = PNG, **more: Any) -> dict[str, Any]:
    return {"name": name, "content": base64.b64encode(data).decode(), **more}


async def say(world: World, session: Session, text: str, *files: dict[str, Any]) -> SlackName:
    """Somebody writes in the thread, and Slack tells us as it does."""
    ts = Ts(await world.slack.say(BEN, SUPPORT, text, session.thread_ts, files=files))
    event = {**world.slack.message(SUPPORT, ts), "type": "message", "channel": SUPPORT}
    await world.threads({"type": "event_callback", "team_id": TEAM, "event": event})
    return name_of_message(TeamId(TEAM), session.channel, ts)


async def told(world: World, session: Session) -> str:
    """What the result of the reply says, without whom it is for."""
    await until(lambda: world.thread(session), "the result")
    (text,) = world.thread(session)
    return text.removeprefix(f"<@{BEN}> ")


def uploads(world: World) -> list[dict[str, Any]]:
    return [effect.detail for effect in world.evo.effects(kind="uploaded")]


@pytest.fixture
def linking(world: World) -> World:
    """With EVOBOT_FILES_OUT=link, from the next life on."""
    world.links_files = True
    return world


async def again(world: World) -> Session:
    await world.stop()
    world.start()
    return await world.opened()


# refuse


async def test_by_default_the_words_go_and_each_file_is_named(world: World) -> None:
    session = await world.opened()
    name = await say(world, session, "see", a_file("a.png"), a_file("b <x>.pdf"))
    await world.item_when(name, "delivered")
    assert await told(world, session) == (
        "The text was sent, but not a.png, b &lt;x&gt;.pdf: files do not go to Evo Voice."
    )
    assert (world.sent(session), uploads(world)) == (["Ben: see"], [])
    assert world.slack.journal.calls("files.download") == []


async def test_by_default_files_alone_are_refused_by_name(world: World) -> None:
    session = await world.opened()
    name = await say(world, session, "", a_file("a.png"))
    await world.item_when(name, "refused")
    assert await told(world, session) == (
        "Not sent: a.png was not sent: files do not go to Evo Voice, and there was no text."
    )
    assert world.sent(session) == []


async def test_what_is_found_to_have_arrived_still_names_what_did_not_go(world: World) -> None:
    """The answer was lost, so nobody was there to add the files to it."""
    session = await world.opened()
    world.evo.fault("cut_after", "SendMessage")
    name = await say(world, session, "see", a_file("a.png"))
    await world.item_when(name, "delivered")
    assert await told(world, session) == "The text was sent, but not a.png: files do not go to Evo Voice."
    assert world.sent(session) == ["Ben: see"]


# link


async def test_words_and_files_are_one_message_with_addresses(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "see", a_file("a.png"), a_file("b.pdf", b"%PDF-1.7 b"))
    item = await linking.item_when(name, "delivered")
    first, second = uploads(linking)
    (sent,) = linking.sent(session)
    head, *lines = sent.split("\n")
    assert head == "Ben: see"
    assert [line.split(": ")[0] for line in lines] == ["a.png", "b.pdf"]
    assert [(each["name"], each["size"]) for each in (first, second)] == [("a.png", len(PNG)), ("b.pdf", 10)]
    assert all(line.split(": ")[1].startswith(f"{linking.evo.url}/media/") for line in lines)
    assert item.sent_text == sent
    assert linking.thread(session) == []
    await until(lambda: linking.store.read.echo_of(item.key), "our own words coming back")
    assert linking.thread(session) == []


async def test_a_file_alone_goes_as_its_address(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "", a_file("a.png"))
    await linking.item_when(name, "delivered")
    (sent,) = linking.sent(session)
    assert sent.startswith(f"Ben: a.png: {linking.evo.url}/media/")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (a_file("a.png", PNG + b"\0" * 1_000_000), "larger than 1 MB"),
        ({"name": "a.png", "size": 2_000_000}, "larger than 1 MB"),
        ({"name": "a.png", "mode": "external", "is_external": True, "url_private": "http://169.254.169.254/"},
         "it lies outside Slack"),
        ({"name": "a.png", "url_private": "https://evil.example/a.png"}, "it lies outside Slack"),
        ({"name": "a.png", "url_private": "http://10.0.0.1/a.png"}, "it could not be read from Slack"),
        (a_file("a.png", b""), "it is empty"),
        (a_file("a.exe", b"MZ\x90\0" + b"\0" * 80), "its type is not accepted"),
        (a_file("a.png", b"words"), "its type is not accepted"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_go_is_named_with_its_reason_and_the_words_go(
    linking: World, file: dict[str, Any], why: str
) -> None:
    session = await again(linking)
    name = await say(linking, session, "see", file)
    await linking.item_when(name, "delivered")
    assert await told(linking, session) == f"Sent, but without {file['name']} ({why})."
    assert (linking.sent(session), uploads(linking)) == (["Ben: see"], [])


async def test_a_file_that_is_gone_has_no_name_any_more(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "see", a_file("a.png"), {"id": "F0GONE", "mode": "tombstone"})
    await linking.item_when(name, "delivered")
    assert await told(linking, session) == "Sent, but without a file (it is gone from Slack)."
    assert len(linking.sent(session)[0].split("\n")) == 2


async def test_where_nothing_can_go_nothing_is_sent(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "", a_file("a.png", b""), {"name": "b.png", "size": 2_000_000})
    await linking.item_when(name, "refused")
    assert await told(linking, session) == (
        "Not sent: Nothing was sent: no text, and no file that could go. a.png (it is empty), b.png (larger than 1 MB)."
    )
    assert linking.sent(session) == []


async def test_a_file_from_another_workspace_is_asked_for_by_its_id(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "see", {**a_file("a.png"), "file_access": "check_file_info"})
    await linking.item_when(name, "delivered")
    assert [effect["size"] for effect in uploads(linking)] == [len(PNG)]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "Slack has not allowed me to read files (files:read)"),
        ({"file_access": "check_file_info"}, "Slack has not allowed me to read files (files:read)"),
    ],
)
async def test_without_the_scope_the_words_go(linking: World, more: dict[str, Any], why: str) -> None:
    session = await again(linking)
    kept = [scope for scope in linking.slack.settings.manifest.scopes if scope != "files:read"]
    linking.slack.settings.manifest = Manifest.of({"oauth_config": {"scopes": {"bot": kept}}})
    name = await say(linking, session, "see", {**a_file("a.png"), **more})
    await linking.item_when(name, "delivered")
    called = "a file" if more else "a.png"
    assert await told(linking, session) == f"Sent, but without {called} ({why})."


async def test_a_web_page_of_somebodys_own_goes_and_a_sign_in_page_in_its_place_does_not(linking: World) -> None:
    session = await again(linking)
    first = await say(linking, session, "one", a_file("mine.html", PAGE))
    await linking.item_when(first, "delivered")
    linking.slack.faults.order("files.download", "sign_in_page")
    second = await say(linking, session, "two", a_file("mine.html", PAGE))
    await linking.item_when(second, "delivered")
    assert [text.split("\n")[0] for text in linking.sent(session)] == ["Ben: one", "Ben: two"]
    assert await told(linking, session) == (
        "Sent, but without mine.html (Slack does not let me read it; perhaps files:read is missing)."
    )


# Trouble


@pytest.mark.parametrize("fault", ["http_500", "cut_before", "ratelimited"])
async def test_slack_in_trouble_is_asked_again(linking: World, fault: str) -> None:
    session = await again(linking)
    linking.slack.faults.order("files.download", fault, times=2)
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "delivered")
    assert (len(uploads(linking)), linking.thread(session)) == (1, [])


async def test_slack_that_stays_in_trouble_does_not_cost_the_words(linking: World) -> None:
    session = await again(linking)
    linking.slack.faults.order("files.download", "http_500", times=-1)
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "delivered")
    assert await told(linking, session) == "Sent, but without a.png (it could not be read from Slack just now)."
    assert len(linking.slack.journal.calls("files.download")) == 3


@pytest.mark.parametrize("fault", ["500", "cut_before", "cut_after", "429"])
async def test_evo_voice_in_trouble_is_asked_again(linking: World, fault: str) -> None:
    session = await again(linking)
    linking.evo.fault(fault, "UploadFile")
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "delivered")
    assert len(linking.sent(session)) == 1
    assert "a.png: http" in linking.sent(session)[0]


async def test_evo_voice_that_stays_in_trouble_does_not_cost_the_words(linking: World) -> None:
    session = await again(linking)
    linking.evo.fault("500", "UploadFile", times=None)
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "delivered")
    assert await told(linking, session) == "Sent, but without a.png (Evo Voice did not take it)."
    assert linking.sent(session) == ["Ben: see"]


async def test_an_upload_is_not_made_twice_when_the_message_is(linking: World) -> None:
    """The message is lost on its way and proven absent: it goes once more with the same address."""
    session = await again(linking)
    linking.evo.fault("cut_before", "SendMessage")
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "delivered")
    assert (len(uploads(linking)), len(linking.sent(session))) == (1, 1)


async def test_a_death_after_the_upload_does_not_upload_again(linking: World) -> None:
    session = await again(linking)
    linking.evo.fault("slow", "SendMessage", seconds=5)
    name = await say(linking, session, "see", a_file("a.png"))
    await linking.item_when(name, "sending")
    await linking.die()
    linking.start()
    await linking.item_when(name, "delivered")
    assert (len(uploads(linking)), len(linking.sent(session))) == (1, 1)


async def test_addresses_that_find_no_room_are_left_out(linking: World) -> None:
    session = await again(linking)
    name = await say(linking, session, "x" * 7990, a_file("a.png"))
    item = await linking.item_when(name, "delivered")
    assert item.state is State.DELIVERED
    assert await told(linking, session) == "Sent, but without a.png (the message would be too long)."


async def test_order_holds_while_a_file_is_carried(linking: World) -> None:
    session = await again(linking)
    linking.slack.faults.order("files.download", "slow", seconds=3)
    await say(linking, session, "first", a_file("a.png"))
    last = await say(linking, session, "second")
    await linking.item_when(last, "delivered")
    assert [text.split("\n")[0] for text in linking.sent(session)] == ["Ben: first", "Ben: second"]


async def test_many_threads_carry_at_once(linking: World) -> None:
    await linking.stop()
    linking.start()
    sessions = [await linking.opened(n=n) for n in range(1, 6)]
    names = [await say(linking, session, f"{n}", a_file(f"{n}.png")) for n, session in enumerate(sessions)]
    for name in names:
        await linking.item_when(name, "delivered")
    for n, session in enumerate(sessions):
        assert linking.sent(session)[0].startswith(f"Ben: {n}\n{n}.png: http")


@pytest.mark.parametrize(
    ("api", "address", "why"),
    [
        ("https://slack.com/api/", "https://files.slack.com/files-pri/T1-F1/a.png", NotHere.AWAY),
        ("https://slack-gov.example/api/", "https://files.slack-gov.example/a.png", NotHere.AWAY),
        ("https://slack.com/api/", "https://slack.com/a.png", NotHere.HOST),
        ("https://slack.com/api/", "https://files.slack.com.evil.example/a.png", NotHere.HOST),
        ("https://slack.com/api/", "http://files.slack.com/a.png", NotHere.ADDRESS),
        ("https://slack.com/api/", "http://127.0.0.1:1/a.png", NotHere.ADDRESS),
    ],
)
async def test_the_token_is_shown_to_slacks_file_hosts_only(
    monkeypatch: pytest.MonkeyPatch, api: str, address: str, why: NotHere
) -> None:
    """Nobody is reached here; who would be asked is what counts."""

    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    fetcher = from_people(api, lambda: "xoxb-1", 100)
    monkeypatch.setattr(fetcher, "_resolve", nowhere)
    with pytest.raises(NotFetched) as failure:
        await fetcher.fetch(address)
    assert failure.value.why is why

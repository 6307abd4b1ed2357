"""Every door through which a number can come asks the phone guard. Whether it decides well is tested elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from bot.counts import REFUSALS
from bot.model import Kind, Session, State
from bot.views.about import About
from tests.handlers.world import World, body, command, event, new_values, submission, values

PREMIUM, ISLAND = "900 234 5678", "+44 7911 123456"
NEVER = "+19002345678 (United States) is a premium-rate number. Those are never reached."
ELSEWHERE = (
    "+447911123456 belongs to Guernsey, where phones are not allowed. "
    "An administrator can allow them by adding GG to EVOBOT_PHONE_REGIONS."
)
NO_SENDER = "+19002345678 (United States) is a premium-rate number. Nothing is sent in the name of such a number."
VOICE = {"selected_option": {"value": "Voice", "text": {"text": "Voice"}}}
CALL = {"f_channel": VOICE, "f_members": ""}


def counted(world: World) -> int:
    """What the figures tell: how many phones were refused by a rule about phones."""
    return world.door.house.counts.counter(REFUSALS)["phone",]


def wrong(answer: dict[str, Any]) -> dict[str, str]:
    assert answer["response_action"] == "errors"
    errors: dict[str, str] = answer["errors"]
    return errors


@pytest.mark.parametrize(
    ("given", "field", "why"),
    [
        ({"f_members": PREMIUM}, "f_members", f"Line 1: {NEVER}"),
        ({"f_to": PREMIUM}, "f_to", NEVER),
        ({**CALL, "f_to": ISLAND}, "f_to", ELSEWHERE),
        ({**CALL, "f_to": "503 555 0123", "f_from": PREMIUM}, "f_from", NO_SENDER),
        ({"f_fromaddr": PREMIUM}, "f_fromaddr", NEVER),
        ({"f_toaddr": ISLAND}, "f_toaddr", ELSEWHERE),
        ({"f_dest": PREMIUM}, "f_dest", NEVER),
    ],
)
async def test_each_field_of_the_new_session_form_asks(
    world: World, given: dict[str, Any], field: str, why: str
) -> None:
    answer = body(await world.interact(submission("session_new", "V1", new_values(**given))))
    assert wrong(answer) == {field: why}
    assert (world.sessions(), counted(world)) == ([], int(why != NO_SENDER))


@pytest.mark.parametrize(
    ("given", "field", "why"),
    [
        ({"i_people": PREMIUM}, "i_people", NEVER),
        ({"i_people": "max@acme.com", "i_callerid": PREMIUM}, "i_callerid", NO_SENDER),
    ],
)
async def test_each_field_of_the_invite_form_asks(world: World, given: dict[str, Any], field: str, why: str) -> None:
    session = await world.active_session()
    answer = body(await world.interact(submission("session_invite", "V1", values(given), _about(session))))
    assert wrong(answer) == {field: why}
    assert (world.items(Kind.INVITE), counted(world)) == ([], int(why != NO_SENDER))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"chat Boiler member:{PREMIUM}", NEVER),
        (f"voice Boiler to:{ISLAND}", ELSEWHERE),
        (f"voice Boiler to:503 555 0123 from:{PREMIUM}", NO_SENDER),
    ],
)
async def test_a_command_asks_and_its_form_says_why(world: World, text: str, why: str) -> None:
    await world.send(command(text))
    (form,) = world.opened()
    assert why in str(form)
    assert (world.sessions(), counted(world)) == ([], int(why != NO_SENDER))


async def test_a_mention_asks(world: World) -> None:
    await world.active_session()
    for _ in range(2):  # Slack may bring it twice
        await world.thread(event(f"<@UBOT> invite {PREMIUM}, {ISLAND}"))
    assert counted(world) == 2
    assert [(item.state, item.reason) for item in world.items(Kind.INVITE)] == [
        (State.REFUSED, NEVER),
        (State.REFUSED, ELSEWHERE),
    ]


async def test_a_command_about_a_session_asks(world: World) -> None:
    session = await world.active_session()
    await world.send(command(f'invite {PREMIUM} in:"{session.name}"'))
    assert [(item.state, item.reason) for item in world.items(Kind.INVITE)] == [(State.REFUSED, NEVER)]


def _about(session: Session) -> str:
    return About(session.channel, session.thread_ts, session.key).pack()

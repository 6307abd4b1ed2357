"""The part of the Home that administrators alone see, and the small modals that open from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.model import State
from bot.views import Blocks, Message, View
from bot.views.blocks import button, confirm, context, field, header, modal, moment, paragraph, section
from bot.views.state import Fields, Values

POLICY = "home_policy"  # action ids
AUDIT = "home_audit"
STOP = "home_stop"
RESUME = "home_resume"
STOP_CALLBACK = "home_stop"
WHY = "h_why"  # block id
LONGEST_WHY = 200  # characters

LEAVING = (State.PENDING, State.SENDING, State.UNKNOWN)  # waits for us
DECIDING = (State.ASKED, State.NEEDS_PERSON)  # waits for people

OFFICE = "For administrators"
NOTHING = "nothing"
SOME = "{n}, the oldest since {since}"
TO_EVO = "*On its way to Evo Voice:* {told}"
TO_DECIDE = "*Waits for somebody to decide:* {told}"
TO_SLACK = "*To be posted in Slack:* {told}"
LISTENED = "*Active sessions:* {n}"
ALSO = "`/session admin lift` and a number ends a STOP or a freeze; `/session why` says what became of a message."
SURE = "What is written from now on is sent. What was held back is not: each waits for somebody to decide."
STOPS = (
    "Nothing leaves to Evo Voice any more, from any channel: no session is opened, nobody is invited, no message is "
    "sent, no call is resumed. What is on its way at this moment cannot be taken back. What customers write still "
    "comes in. You, or any other administrator, can resume it here."
)
WHY_HINT = "Stands beneath every card, where everybody in the channel reads it."

Waiting = Mapping[State, tuple[int, float]]  # how many, and when the oldest was asked for


@dataclass(frozen=True, slots=True)
class Office:
    """`posts`: what is not in Slack yet. `active`: sessions that are listened to."""

    waiting: Waiting
    posts: int
    active: int
    stopped: bool


def office(shown: Office) -> Blocks:
    """How it goes, without a number or a word of a customer's."""
    lines = (
        TO_EVO.format(told=_some(shown.waiting, LEAVING)),
        TO_DECIDE.format(told=_some(shown.waiting, DECIDING)),
        TO_SLACK.format(told=shown.posts or NOTHING),
        LISTENED.format(n=shown.active),
    )
    buttons = [button("Policy", POLICY, "all"), button("Audit", AUDIT, "newest"), _stop(stopped=shown.stopped)]
    return [
        header(OFFICE),
        section("\n".join(lines)),
        {"type": "actions", "block_id": "home_office", "elements": buttons},
        context(ALSO),
    ]


def told_view(told: Message) -> View:
    """What `/session admin …` answers, as a modal."""
    return modal(OFFICE, told.blocks or [section(told.text)])


def stop_form() -> View:
    why = {"type": "plain_text_input", "max_length": LONGEST_WHY, "focus_on_load": True}
    return modal(
        "Stop everything?",
        [paragraph(STOPS), field(WHY, "Why", why, hint=WHY_HINT, optional=True)],
        callback_id=STOP_CALLBACK,
        submit="Stop everything",
        close="Cancel",
    )


def read_why(values: Values) -> str:
    return Fields(values).text(WHY)


def _some(waiting: Waiting, states: Iterable[State]) -> str:
    found = [waiting[state] for state in states if state in waiting]
    n = sum(count for count, _ in found)
    return SOME.format(n=n, since=moment(min(since for _, since in found))) if n else NOTHING


def _stop(*, stopped: bool) -> dict[str, object]:
    if not stopped:
        return button("Stop everything", STOP, "stop", style="danger")
    return button("Resume", RESUME, "resume", confirm=confirm("Resume?", SURE, "Resume", "Not yet"), style="primary")

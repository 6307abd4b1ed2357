"""The modal that takes somebody out of a session, the question that names them, and what a person chose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Member, Session
from bot.numbers import masked
from bot.text import shorten
from bot.views import Blocks, View
from bot.views.about import About, Choice, session_field, with_objections
from bot.views.blocks import LABEL, Block, context, modal, name, one_line, option, paragraph, plain
from bot.views.blocks import field as input_field
from bot.views.state import Errors, Fields, Values

CALLBACK = "session_remove"
SURE = "session_remove_sure"
SESSION = "r_session"
MEMBER = "r_member"
GROUP = 100  # options in a list, and of a group

NOBODY = "Nobody is in this session who could be removed."
NO_MEMBER = "Choose whom to remove."
NO_SESSION = "Choose the session first."
GONE = "They are not in the session any more."
WHAT_HAPPENS = "They no longer see what is written in the session. You can invite them again."


@dataclass(frozen=True, slots=True)
class Begun:
    """What was chosen already, and what was wrong with what was typed."""

    choice: Choice | None = None
    member: Member | None = None
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removal:
    """Whom the question is about: the modal it was asked from, and the member's mark."""

    about: About
    view: str
    mark: str

    def pack(self) -> str:
        return json.dumps({"about": self.about.pack(), "view": self.view, "mark": self.mark})

    @classmethod
    def unpack(cls, metadata: str) -> Removal:
        """Raises ValueError when this is no metadata of ours."""
        match json.loads(metadata):
            case {"about": str(about), "view": str(view), "mark": str(mark)}:
                return cls(About.unpack(about), view, mark)
        raise ValueError("not the metadata of a removal")


def form(about: About, session: Session | None, members: Sequence[Member], begun: Begun) -> View:
    """`session`: None asks which, and the modal is drawn anew then. `members`: who may be removed."""
    asked = [] if about.session else [session_field(SESSION, begun.choice, asks=True)]
    blocks: Blocks = [*asked, *(_members(session, members, begun.member) if session else [])]
    submit = "" if session and not members and not asked else "Remove"
    view = modal(
        "Remove member", with_objections(blocks, begun.said), callback_id=CALLBACK, submit=submit, close="Cancel"
    )
    view["private_metadata"] = about.pack()
    return view


def sure(removal: Removal, session: Session, member: Member) -> View:
    """The question."""
    who = shorten(one_line(_label(member)), 200)
    blocks = [
        paragraph(f"Remove {who} from “{shorten(one_line(session.name), 120)}”?"),
        context(WHAT_HAPPENS),
    ]
    view = modal("Remove this person?", blocks, callback_id=SURE, submit="Remove", close="Back")
    view["private_metadata"] = removal.pack()
    return view


def parse(values: Values, about: About) -> tuple[str | None, str] | Errors:
    """The session's id if the modal asks for it, and the mark of who was chosen; or what is wrong by block id."""
    fields = Fields(values)
    session, member = fields.option(SESSION), fields.option(MEMBER)
    if about.session is None and session is None:
        return {SESSION: NO_SESSION}
    if member is None:
        return {MEMBER if MEMBER in values else SESSION: NO_MEMBER}
    return (session[0] if session else None), member[0]


def chosen_in(values: Values) -> Choice | None:
    """The session that is chosen while the form is filled in."""
    chosen = Fields(values).option(SESSION)
    return Choice(*chosen) if chosen else None


def marked(members: Sequence[Member], mark: str) -> Member | None:
    """Who bears this mark: members come and go while a modal is open."""
    return next((member for member in members if _mark(member) == mark), None)


def _mark(member: Member) -> str:
    """An address may be longer than the value of an option."""
    return hashlib.sha256(member.identity.encode()).hexdigest()[:32]


def _members(session: Session, members: Sequence[Member], chosen: Member | None) -> Blocks:
    into = context(f"From “{name(session.name)}”.")
    if not members:
        return [into, paragraph(NOBODY)]
    options = {_mark(member): option(_label(member), _mark(member)) for member in members}
    element: Block = {"type": "static_select", "placeholder": plain("Choose a person", 150), **_listed(options)}
    if chosen is not None and _mark(chosen) in options:
        element["initial_option"] = options[_mark(chosen)]
    return [into, input_field(MEMBER, "Whom", element, hint="Asked once more before anything happens.")]


def _listed(options: Mapping[str, Block]) -> dict[str, list[Block]]:
    """Slack takes a hundred in one list, and a hundred groups of as many."""
    all_ = list(options.values())
    if len(all_) <= GROUP:
        return {"options": all_}
    starts = range(0, min(len(all_), GROUP * GROUP), GROUP)
    return {"option_groups": [_group(all_[start : start + GROUP], start) for start in starts]}


def _group(options: list[Block], start: int) -> Block:
    return {"label": plain(f"{start + 1} to {start + len(options)}", LABEL), "options": options}


def _label(member: Member) -> str:
    """The name, and the address behind it: two may bear the same name. Whole numbers are not for everybody."""
    address = masked(member.identity)
    if not member.name or member.name == member.identity:
        return address
    return f"{shorten(masked(member.name), 40)} ({address})"

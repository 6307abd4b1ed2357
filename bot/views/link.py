"""The modal that brings a session into a thread: the form, a look at the session, and what a person filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from bot.grammar import Permalink, read_permalink
from bot.model import EvoSessionId, History, Member, Mode, Session, SessionType, ThreadKey
from bot.numbers import masked
from bot.text import shorten
from bot.views import Blocks, View
from bot.views.about import About, Choice, session_field, with_objections
from bot.views.blocks import Block, context, modal, name, option, paragraph, section
from bot.views.blocks import field as input_field
from bot.views.replies import shown_member
from bot.views.sessions import thread_url
from bot.views.state import Errors, Fields, Values
from bot.views.transcript import Saying, as_lines

CALLBACK = "session_link"
SESSION = "l_session"
THREAD = "l_thread"
MODE = "l_mode"
HISTORY = "l_history"
MOVE = "l_move"
FIRST = 3  # lines of a preview
PEOPLE = 8
THREADS = 5
EXCERPT = 160  # characters of a line in it

SESSION_HINT = "Yours, and those of channels that you can see; or paste an id or a link."
THREAD_HINT = "A link to a message in it: open the message's menu and choose Copy link."
NO_SESSION = "Choose the session."
NO_THREAD = "Say which thread: paste a link to a message in it."
BAD_THREAD = "This is not a link to a Slack message. Open the message's menu and choose Copy link."
LOOKING = "Looking at it …"
AWAY = "It cannot be looked at just now; it is checked when it is linked."
NOBODY = "Evo Voice shows no session with this id. It may be archived. It is checked again when it is linked."
ENDED = "It has ended: replies are not sent."
NO_TEXT = "A call or a fax takes no text: replies in the thread stay in Slack."
SAID_NOTHING = "Nothing has been said in it yet."

MODES = {
    Mode.RELAY: "All of them go to the session",
    Mode.MENTION: "Only those that begin with a mention of the bot",
    Mode.NOTES: "None: they stay in Slack",
}
HISTORIES = {
    History.NONE: "Nothing of it",
    History.DAY: "The last 24 hours",
    History.ALL: "All of it",
}


class Unseen(Enum):
    """Why a session that was chosen cannot be shown."""

    LOOKING = auto()
    AWAY = auto()
    NOBODY = auto()


_UNSEEN = {Unseen.LOOKING: LOOKING, Unseen.AWAY: AWAY, Unseen.NOBODY: NOBODY}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a session. `first`: how it begins. `threads`: those that show it already."""

    name: str
    type: SessionType | None
    over: bool
    members: Sequence[Member]
    lines: int
    first: Sequence[Saying]
    threads: Sequence[ThreadKey] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form begins with: what was chosen or typed already, and what was wrong with it."""

    choice: Choice | None = None
    look: Look | Unseen | None = None
    thread: str = ""
    history: History = History.NONE
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LinkForm:
    """`thread`: None when the modal knows it. `mode`: None for what belongs to the type."""

    evo_id: EvoSessionId
    thread: Permalink | None
    mode: Mode | None
    history: History
    move: bool


def form(about: About, begun: Begun, now: Session | None, slack_url: str) -> View:
    """`now`: the session that replies in the thread go to so far."""
    look = begun.look
    blocks: Blocks = [context(_where(about, now))]
    blocks += [session_field(SESSION, begun.choice, hint=SESSION_HINT, asks=True)]
    blocks += _preview(look, slack_url)
    blocks += [] if about.thread else [_thread(begun.thread)]
    blocks += [context(NO_TEXT)] if _takes_no_text(look) else [_mode()]
    blocks += [_history(begun.history)]
    view = modal(
        "Link session", with_objections(blocks, begun.said), callback_id=CALLBACK, submit="Link", close="Cancel"
    )
    view["private_metadata"] = about.pack()
    return view


def parse(values: Values, about: About) -> LinkForm | Errors:
    """The form, or what is wrong with it by block id."""
    fields = Fields(values)
    chosen, link = fields.option(SESSION), fields.text(THREAD)
    thread = read_permalink(link.strip("<>")) if link else None
    errors: Errors = {} if chosen else {SESSION: NO_SESSION}
    if about.thread is None and thread is None:
        errors[THREAD] = BAD_THREAD if link else NO_THREAD
    if errors or chosen is None:
        return errors
    mode, history = fields.option(MODE), fields.option(HISTORY)
    return LinkForm(
        evo_id=EvoSessionId(chosen[0]),
        thread=None if about.thread else thread,
        mode=Mode(mode[0]) if mode else None,
        history=History(history[0]) if history else History.NONE,
        move=bool(fields.checked(MOVE)),
    )


def chosen_in(values: Values) -> Choice | None:
    """What is chosen while the form is filled in."""
    chosen = Fields(values).option(SESSION)
    return Choice(*chosen) if chosen else None


# Parts


def _where(about: About, now: Session | None) -> str:
    here = f"The thread in <#{about.channel}> shows the session from then on." if about.thread else ""
    before = f"Replies there go to “{name(now.name)}” now; then they go to the new one." if now else ""
    return " ".join(filter(None, (here, before))) or "The thread that you name shows the session from then on."


def _preview(look: Look | Unseen | None, slack_url: str) -> Blocks:
    if look is None:
        return []
    if isinstance(look, Unseen):
        return [paragraph(_UNSEEN[look])]
    return [*_head(look), *_beginning(look), *_threads(look, slack_url)]


def _head(look: Look) -> Blocks:
    people = masked(", ".join(shown_member(member) for member in look.members[:PEOPLE]), markup=True)
    more = f" ({len(look.members) - PEOPLE} more)" if len(look.members) > PEOPLE else ""
    in_it = f"In it: {people}{more}." if people else "Nobody is in it that I know of."
    title = " · ".join(filter(None, (f"*{name(look.name)}*" if look.name else "", str(look.type or ""))))
    blocks = [*([section(title)] if title else []), context(f"{in_it} {_count(look.lines)}")]
    return [*blocks, context(ENDED)] if look.over else blocks


def _count(lines: int) -> str:
    return (
        SAID_NOTHING if not lines else "One line has been said." if lines == 1 else f"{lines:,} lines have been said."
    )


def _beginning(look: Look) -> Blocks:
    return [as_lines(look.first[:FIRST], EXCERPT)] if look.first else []


def _threads(look: Look, slack_url: str) -> Blocks:
    if not look.threads:
        return []
    shown = ", ".join(f"<{thread_url(slack_url, one)}|a thread> in <#{one.channel}>" for one in look.threads[:THREADS])
    more = f" ({len(look.threads) - THREADS} more)" if len(look.threads) > THREADS else ""
    label = "Move here: it leaves that thread" if len(look.threads) == 1 else "Move here: it leaves those threads"
    box: Block = {"type": "checkboxes", "options": [option(label, "move")]}
    return [
        context(f"It stands in {shown}{more} already. {_stays(look)}, unless you move it."),
        input_field(MOVE, "Threads that show it", box, optional=True),
    ]


def _stays(look: Look) -> str:
    return "Both show it" if len(look.threads) == 1 else "All of them show it"


def _takes_no_text(look: Look | Unseen | None) -> bool:
    return isinstance(look, Look) and look.type in {SessionType.VOICE, SessionType.FAX}


def _thread(typed: str) -> Block:
    element: Block = {"type": "plain_text_input", "max_length": 500}
    if typed:
        element["initial_value"] = shorten(typed, 500)
    return input_field(THREAD, "Thread", element, hint=THREAD_HINT)


def _mode() -> Block:
    return input_field(MODE, "Replies in the thread", _radio(MODES, Mode.RELAY), hint="The card can change this later.")


def _history(chosen: History) -> Block:
    hint = "It is posted into the thread, oldest first."
    return input_field(HISTORY, "What was said before", _radio(HISTORIES, chosen), hint=hint)


def _radio(labels: Mapping[Mode, str] | Mapping[History, str], chosen: Mode | History) -> Block:
    options = {value: option(label, value) for value, label in labels.items()}
    return {"type": "radio_buttons", "options": list(options.values()), "initial_option": options[chosen]}

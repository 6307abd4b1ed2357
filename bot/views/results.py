"""What became of an invitation, of a reply in trouble, or of an end: one message each, redrawn as it goes on.

A button says which item it is for and what its presser answers; `pack` and `unpack_answer` are its two sides.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Answer, Item, ItemKey, Kind, Life, Session, SessionType, State
from bot.packing import unpack_files, unpack_invitee
from bot.phones import describe_phone, show_phone
from bot.policy import is_refusal
from bot.text import Names, to_plain
from bot.texts import NOT_ANSWERED, NOT_LISTED, NUMBER_NOT_LISTED
from bot.views import Message
from bot.views.blocks import Block, actions, button, context, moment, name, section, sentence
from bot.views.confirm import YOUR_ACCOUNT
from bot.views.files import files_left
from bot.views.gone import words_gone
from bot.views.state import read_key

ACTION = "item_answer:"
WHY = "item_why"  # action id; the value is the key of the item that is asked about
FOLLOW_UP = "session_followup"  # action id; the value is the key of a session that has ended
REASON = 1000
EXCERPT = 80
NO_NAMES = Names(users={}, channels={}, groups={})
OPEN = frozenset({State.UNKNOWN, State.NEEDS_PERSON})
OVER = frozenset({Life.ENDED, Life.FAILED})
FOR_SESSION = "for the session “{name}”"
TEXTED = "They get a text message from {account}, which may cost money, and see what is written here from now on."
REPLIES = "What they answer stands here in <#{channel}>{eyes}."
OF_MEMBERS = ", for its members only"
OF_EVERYBODY = ", where everybody in this workspace can read it"
COLLEAGUE = "Somebody else who may approve that must say yes: <@{user}> cannot."
NOT_YET = "Nothing was sent yet; a yes counts until {until}."
# A quiet line is enough for what needs nobody any more.
SETTLED = frozenset({State.PENDING, State.SENDING, State.DELIVERED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Asking:
    """How this house asks before money is spent. `second`: somebody else than who asked must say yes.

    `private`: is the question for the members of a channel only? `own`: it is drawn for who asked, and nobody else.
    """

    account: str = YOUR_ACCOUNT
    second: bool = False
    seconds: float = 300.0
    private: bool | None = None
    own: bool = False


ASKING = Asking()


def result(item: Item, session: Session, asking: Asking = ASKING) -> Message:
    """How the item stands now. Raises ValueError for an opening, which the card shows."""
    match item.kind:
        case Kind.INVITE:
            return _message(item, _invite(item, session, asking), _invite_buttons(item, session, asking))
        case Kind.SAY:
            return _message(item, _say(item), _say_buttons(item, session))
        case Kind.KICK:
            return _message(item, _removal(item), _removal_buttons(item, session))
        case Kind.HOLD | Kind.RESUME | Kind.END:
            return _message(item, _step(item), _step_buttons(item, session))
        case Kind.OPEN | Kind.LINK:
            raise ValueError("The card shows what became of an opening.")


def reference(item: Item) -> str:
    """What an administrator looks for in the log."""
    return f"ref {item.key}"


def follow_up_button(session: Session) -> Block:
    """For a session that is over: the next one with the same people."""
    return button("New follow-up", FOLLOW_UP, str(session.key))


def why_button(item: Item) -> Block:
    """What became of it, told to who presses it and nobody else."""
    return button("Why?", WHY, str(item.key), aloud=f"Why? {reference(item)}")


def answer_button(item: Item, answer: Answer, text: str, *, style: str = "", confirm: Block | None = None) -> Block:
    action_id, value = pack(item.key, answer)
    return button(text, action_id, value, style=style, confirm=confirm)


def pack(item: ItemKey, answer: Answer) -> tuple[str, str]:
    """A button's action_id and value."""
    return f"{ACTION}{answer}", str(item)


def unpack_answer(action_id: str, value: str) -> tuple[ItemKey, Answer]:
    """Raises ValueError when this was no button of ours."""
    head, found, answer = action_id.partition(ACTION)
    if head or not found:
        raise ValueError("not a button of an item")
    return ItemKey(read_key(value)), Answer(answer)


def _message(item: Item, text: str, buttons: list[Block]) -> Message:
    """Where something went wrong on the way, a reference says where the log tells more."""
    went_wrong = item.state in OPEN or (item.state is State.REFUSED and item.attempts)
    text = f"{text} · {reference(item)}" if went_wrong else text
    loud = buttons or item.state not in SETTLED
    if went_wrong:
        return Message(text=text, blocks=[{**section(text), "accessory": why_button(item)}, *actions(buttons)])
    return Message(text=text, blocks=[section(text) if loud else context(text), *actions(buttons)])


# Invitations


def _invite(item: Item, session: Session, asking: Asking) -> str:
    who, by, reason = shown_invitee(item, session), f"<@{item.author}>", _reason(item)
    match item.state:
        case State.ASKED:
            return question(item, f"invite {asked_about(item)}", TEXTED, session, asking)
        case State.PENDING | State.SENDING:
            return f"Inviting {who} …"
        case State.UNKNOWN:
            return f"I cannot tell yet whether {who} was invited. I am checking and will not send it twice."
        case State.NEEDS_PERSON if doubtful(item):
            return _join(f"{by} I cannot tell whether {who} was invited, and will not send it again by myself.", reason)
        case State.NEEDS_PERSON:
            return _join(f"{by} {who} has not been invited.", reason)
        case State.DELIVERED:
            done = f"{who} was invited by {by}"
            if item.reason in {NOT_LISTED, NUMBER_NOT_LISTED}:
                return f"⚠ {done}. {reason}."
            return f"✔ {done}{f' ({reason})' if reason else ''}."
        case State.REFUSED:
            asker = f"{by} " if item.attempts else ""  # they can try again
            return f"{asker}✖ {who} was not invited: {reason or 'Evo Voice said no.'}"
        case State.WITHDRAWN | State.KEPT:
            left = f"{who} was not invited" + (f": {reason}" if reason else ".")
            return f"It was left open whether {who} was invited." if doubtful(item) else left


def _invite_buttons(item: Item, session: Session, asking: Asking) -> list[Block]:
    again = session.life not in OVER and can_help(item)
    match item.state:
        case State.ASKED:
            return question_buttons(item, asking, "Do not invite", again=again)
        case State.REFUSED if went_by(item) and again:
            return [answer_button(item, Answer.AGAIN, "Ask again"), answer_button(item, Answer.LEAVE, "Leave it")]
        case State.NEEDS_PERSON:
            return _open_question(item, ("They got it", "Invite again", "Invite now"), again=again)
        case State.REFUSED if item.attempts and again:
            return [answer_button(item, Answer.AGAIN, "Try again"), answer_button(item, Answer.LEAVE, "Leave it")]
        case _:
            return []


# Questions before money is spent


def question(item: Item, doing: str, costs: str, session: Session, asking: Asking) -> str:
    """Who wants what, what it costs, who will see what comes of it, who may say yes, and until when. Mrkdwn.

    In a public channel the numbers in it are masked: the button shows them whole to whoever presses it.
    """
    eyes = {True: OF_MEMBERS, False: OF_EVERYBODY, None: ""}[asking.private]
    parts = [
        f"<@{item.author}> wants to {doing} {FOR_SESSION.format(name=name(session.name, 120))}.",
        costs.format(account=name(asking.account, 200)),
        REPLIES.format(eyes=eyes, channel=session.channel) if session.type is SessionType.CHAT else "",
        COLLEAGUE.format(user=item.author) if asking.second else "",
        NOT_YET.format(until=moment(item.asked_at + asking.seconds)),
    ]
    return " ".join(filter(None, parts))


def question_buttons(item: Item, asking: Asking, no: str, *, again: bool = True) -> list[Block]:
    """Who asked cannot approve it; they can only take it back."""
    if asking.second and asking.own:
        return [answer_button(item, Answer.NO, "Take it back")]
    said = "Check and approve" if asking.second else "Check the number"
    yes = [answer_button(item, Answer.YES, said, style="primary")] if again else []
    return [*yes, answer_button(item, Answer.NO, "Decline" if asking.second else no)]


def can_help(item: Item) -> bool:
    """May it go another way when it is tried again? Not when its words are deleted, or the policy said no.

    What somebody else has said yes to may be asked of another colleague: it was they who might not.
    """
    by_policy = item.state is State.REFUSED and item.approved_by is None and is_refusal(item.reason)
    return not item.gone and not by_policy


def went_by(item: Item) -> bool:
    """Was it asked about, and nobody said yes in time?"""
    return item.state is State.REFUSED and item.reason == NOT_ANSWERED


def asked_about(item: Item) -> str:
    """Whom a question is about, with what is known of the line. Escaped."""
    phone = unpack_invitee(item.body).phone
    return name(describe_phone(phone), 120) if phone else ""


def shown_invitee(item: Item, session: Session) -> str:
    """Who an invitation is for, escaped: by the name the session knows, with the address that was asked for."""
    who = unpack_invitee(item.body)
    if who.slack_user is not None:
        return f"<@{who.slack_user}>"
    address = who.phone.e164 if who.phone else who.email.address if who.email else ""
    if not address:
        return f"“{name(who.typed)}”"
    known = next((m.name for m in session.members if m.name and m.identity.casefold() == address.casefold()), None)
    if known and known.casefold() != address.casefold():
        return f"{name(known, 60)} ({name(address, 120)})"
    return name(show_phone(who.phone) if who.phone else address, 120)


# Replies


def _say(item: Item) -> str:
    by, reason = f"<@{item.author}>", _reason(item)
    match item.state:
        case State.REFUSED:
            why = reason or words_gone(item.gone) or "Evo Voice said no."
            return f"{by} Not sent: {why}{_first_words(item)}"
        case State.NEEDS_PERSON if doubtful(item):
            return _join(f"{by} I cannot tell whether this reached the session: “{excerpt(item)}”.", reason)
        case State.NEEDS_PERSON:
            return _join(f"{by} This has not been sent: “{excerpt(item)}”.", reason)
        case State.UNKNOWN:
            return "I cannot tell yet whether this was sent. I am checking and will not send it twice."
        case State.DELIVERED:
            left = sentence(files_left(unpack_files(item.body)), REASON)
            return f"{by} {left}" if left else "✔ It arrived."  # the text went, not all of its files
        case State.KEPT if not doubtful(item):
            return "It is a note now, and was not sent."
        case State.WITHDRAWN | State.KEPT:
            return "It was left open whether this arrived." if doubtful(item) else "It was not sent."
        case State.PENDING | State.SENDING | State.ASKED:
            return "Sending it again …"


def _say_buttons(item: Item, session: Session) -> list[Block]:
    again = session.life not in OVER and can_help(item)
    match item.state:
        case State.REFUSED if session.life in OVER:
            return [follow_up_button(session), answer_button(item, Answer.KEEP, "Keep as note")]
        case State.REFUSED:
            retry = [answer_button(item, Answer.AGAIN, "Try again")] if again else []
            return [*retry, answer_button(item, Answer.LEAVE, "Discard")]
        case State.NEEDS_PERSON:
            return _open_question(item, ("It arrived", "Send again", "Send now"), again=again)
        case _:
            return []


def excerpt(item: Item) -> str:
    """The beginning of a reply's words, escaped: what left the house when it did, else what was typed."""
    if item.gone:
        return words_gone(item.gone)
    typed = to_plain(str(item.body.get("text", "")), NO_NAMES)
    return name(item.sent_text or str(item.body.get("plain", "")) or typed, EXCERPT)


def _first_words(item: Item) -> str:
    """A first message stands nowhere in the thread, so its author cannot see which one is meant."""
    return "" if item.ts or item.gone else f" It was: “{excerpt(item)}”."


# People taken out


def _removal(item: Item) -> str:
    who, by, reason = shown_removed(item), f"<@{item.author}>", _reason(item)
    match item.state:
        case State.REFUSED:
            return f"{by} ✖ {who} was not removed: {reason or 'Evo Voice said no.'}"
        case State.NEEDS_PERSON if doubtful(item):
            return _join(f"{by} I cannot tell whether {who} was removed.", reason)
        case State.NEEDS_PERSON:
            return _join(f"{by} {who} has not been removed.", reason)
        case State.UNKNOWN:
            return f"I cannot tell yet whether {who} was removed. I am checking."
        case State.DELIVERED:
            return f"✔ {who} was removed by {by}." if not reason else f"✔ {who} {reason}."
        case State.WITHDRAWN | State.KEPT:
            return f"It was left open whether {who} was removed." if doubtful(item) else f"{who} was not removed."
        case State.PENDING | State.SENDING | State.ASKED:
            return f"Removing {who} …"


def _removal_buttons(item: Item, session: Session) -> list[Block]:
    again = session.life not in OVER and can_help(item)
    match item.state:
        case State.REFUSED if item.attempts and again:
            return [answer_button(item, Answer.AGAIN, "Try again"), answer_button(item, Answer.LEAVE, "Leave it")]
        case State.NEEDS_PERSON:
            return _open_question(item, ("They are gone", "Remove again", "Remove now"), again=again)
        case _:
            return []


def shown_removed(item: Item) -> str:
    """Who is to be taken out, as the session knew them."""
    return name(str(item.body.get("name") or item.body.get("member") or ""), 120)


# Ends, holds, resumes

# By kind: what was done, what is to be done, what is being done, and the buttons of a question about it.
_STEPS = {
    Kind.END: (
        "ended",
        "The session has ended",
        "Ending the session …",
        ("It has ended", "End it again", "End it now"),
    ),
    Kind.HOLD: (
        "put on hold",
        "The call is on hold",
        "Holding the call …",
        ("It holds", "Hold it again", "Hold it now"),
    ),
    Kind.RESUME: ("resumed", "The call goes on", "Resuming the call …", ("It goes on", "Resume again", "Resume now")),
}


def _step(item: Item) -> str:
    by, reason = f"<@{item.author}>", _reason(item)
    done, then, doing, _ = _STEPS[item.kind]
    what = "session" if item.kind is Kind.END else "call"
    whether = then[0].lower() + then[1:]
    match item.state:
        case State.REFUSED:
            return f"{by} ✖ The {what} was not {done}: {reason or 'Evo Voice said no.'}"
        case State.NEEDS_PERSON if doubtful(item):
            return _join(f"{by} I cannot tell whether {whether}.", reason)
        case State.NEEDS_PERSON:
            return _join(f"{by} The {what} has not been {done}.", reason)
        case State.UNKNOWN:
            return f"I cannot tell yet whether {whether}. I am checking."
        case State.DELIVERED:
            return f"✔ The {what} was {done}."
        case State.WITHDRAWN | State.KEPT:
            return f"It was left open whether {whether}." if doubtful(item) else f"The {what} was not {done}."
        case State.PENDING | State.SENDING | State.ASKED:
            return doing


def _step_buttons(item: Item, session: Session) -> list[Block]:
    again = session.life not in OVER and can_help(item)
    match item.state:
        case State.REFUSED:
            retry = [answer_button(item, Answer.AGAIN, "Try again")] if again else []
            return [*retry, answer_button(item, Answer.LEAVE, "Leave it")]
        case State.NEEDS_PERSON:
            return _open_question(item, _STEPS[item.kind][3], again=again)
        case _:
            return []


# What they share


def _open_question(item: Item, words: tuple[str, str, str], *, again: bool) -> list[Block]:
    """`words`: it happened, do it again, do it now. What surely has not happened cannot have arrived."""
    happened, once_more, now = words
    seen = [answer_button(item, Answer.ARRIVED, happened)] if doubtful(item) else []
    retry = [answer_button(item, Answer.AGAIN, once_more if seen else now)] if again else []
    return [*seen, *retry, answer_button(item, Answer.LEAVE, "Leave it")]


def doubtful(item: Item) -> bool:
    """A request of it was lost on the way: it may have had its effect: then "it was not sent" would be a guess."""
    return item.unknown_at is not None


def _reason(item: Item) -> str:
    """What a rule or a server said, on one line."""
    return sentence(item.reason, REASON)


def _join(sentence: str, more: str) -> str:
    return f"{sentence} {more}" if more else sentence

"""STOP and its kin, when a phone in a session texts them: remembered for the number, told in the thread, obeyed.

A person's own words decide, so the whole text must be one of the words. Lifted by START from the same phone, or by an
administrator.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import Final

from bot.bridge.phones import as_phone, phone_of, phones_in
from bot.bridge.safeguards import hashed_beginning
from bot.bridge.threads import notice_everywhere
from bot.model import Actor, Deed, Heard, Item, Kind, Member, Phone, Session, State
from bot.numbers import mask
from bot.packing import unpack_invitee
from bot.states import become
from bot.store import Forgotten, Tx
from bot.texts import LIFTED_HERE, OPTED_OUT, OPTED_OUT_MEMBER, OPTS_IN, OPTS_OUT

OUT: Final = frozenset(
    {
        "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "OPT OUT", "OPT-OUT", "REVOKE",
        "ARRET", "ARRÊT", "STOPP",
    }
)  # fmt: skip
BACK: Final = frozenset({"START", "UNSTOP"})  # and no "YES", which may answer anything
LONGEST: Final = 40  # characters of a text that is looked at
NOT_LEFT: Final = frozenset({State.ASKED, State.PENDING})


def word_of(text: str) -> str | None:
    """The word that a text is, as it stands above; None when it is anything else, or says more than that."""
    if len(text) > LONGEST:
        return None
    seen = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    words = " ".join(_bare(seen).split()).upper()
    return words if words in OUT | BACK else None


def _bare(text: str) -> str:
    """Without the signs and spaces around it."""
    begin, end = 0, len(text)
    while begin < end and _is_around(text[begin]):
        begin += 1
    while begin < end and _is_around(text[end - 1]):
        end -= 1
    return text[begin:end]


def _is_around(char: str) -> bool:
    return char.isspace() or unicodedata.category(char).startswith("P")


def listen(tx: Tx, session: Session, line: Heard, ours: frozenset[str], region: str, now: float) -> None:
    """Somebody else's line: does a phone want nothing more, or something again?

    That it wants nothing more is believed of any number; that it does again, only of one that is in the session.
    """
    word = word_of(line.text)
    if word is None or line.sender.casefold() in ours:
        return
    for phone in who_wrote(tx, session, line.sender, region):
        if word in OUT:
            _opts_out(tx, session, phone, word, now)
        elif phone in phones_in(tx, session, region):
            _opts_in(tx, session, phone, word, now)


def who_wrote(tx: Tx, session: Session, sender: str, region: str) -> list[Phone]:
    """The phone that a transcript's sender is, by its number in any spelling or by the name of that member.

    None when it is, or may be, somebody who is no phone. Several when phones in the session share the name.
    """
    there = phones_in(tx, session, region)
    digits = re.sub(r"\D", "", sender)
    exact = [phone for phone in there if digits and phone.e164 == f"+{digits}" and _is_number(sender)]
    if exact:
        return exact
    national = [phone for phone in there if as_phone(sender, phone.region) == phone]
    if national:
        return national
    if (number := as_phone(sender, region)) is not None:
        return [number]
    return _by_name(session, sender, region)


def _by_name(session: Session, sender: str, region: str) -> list[Phone]:
    called = [member for member in session.members if _is_called(member, sender)]
    phones = [phone_of(member, region) for member in called]
    return [] if None in phones else [phone for phone in phones if phone]


def _is_called(member: Member, sender: str) -> bool:
    return sender.strip().casefold() in {member.identity.casefold(), member.name.strip().casefold()} - {""}


def _is_number(sender: str) -> bool:
    return re.fullmatch(r"(?:[a-z]{2,10}:)?[+\d ().-]+", sender.strip(), re.IGNORECASE) is not None


def _opts_out(tx: Tx, session: Session, phone: Phone, word: str, now: float) -> None:
    number, shown = tx.hashed(phone.e164), mask(phone.e164)
    if not tx.opt_out(number, shown, word, session.key, now):
        return
    tx.audit(Deed.OPTED_OUT, now, session=session.key, subject=number)
    notice_everywhere(tx, session, OPTS_OUT.format(number=shown, word=word), f"stop/{number[:8]}/{now:.6f}")
    for item in tx.items_of(session.key, Kind.SAY, Kind.INVITE):
        if item.state in NOT_LEFT and _is_to(item, phone):
            sentence = OPTED_OUT if item.kind is Kind.INVITE else OPTED_OUT_MEMBER
            become(tx, item, State.REFUSED, reason=sentence.format(number=shown, word=word))


def _is_to(item: Item, phone: Phone) -> bool:
    """What is said in a session is for everybody in it; an invitation for one person."""
    return item.kind is Kind.SAY or unpack_invitee(item.body).phone == phone


def _opts_in(tx: Tx, session: Session, phone: Phone, word: str, now: float) -> None:
    number = tx.hashed(phone.e164)
    if not tx.opt_in(number):
        return
    tx.audit(Deed.OPTED_IN, now, session=session.key, subject=number)
    text = OPTS_IN.format(number=mask(phone.e164), word=word)
    notice_everywhere(tx, session, text, f"start/{number[:8]}/{now:.6f}")


def lift(tx: Tx, digits: str, by: Actor, now: float) -> list[str]:
    """Nothing stands against a number any more. `digits`: all of it, or a beginning that was frozen.

    Returns what was lifted, in words; empty when nothing was.
    """
    lifted = []
    number = tx.hashed(f"+{digits}")
    known = tx.opted_out(number)
    if known is not None and tx.opt_in(number):
        tx.audit(Deed.OPTED_IN, now, by=by, session=known.session, subject=number)
        lifted.append(f"the {known.word} of {known.shown}")
        if known.session is not None:
            text = LIFTED_HERE.format(word=known.word, number=known.shown)
            with suppress(Forgotten):  # it was deleted meanwhile
                notice_everywhere(tx, tx.session(known.session), text, f"lifted/{number[:8]}/{now:.6f}")
    for length in range(1, len(digits) + 1):
        beginning = hashed_beginning(tx, digits[:length])
        if tx.thaw(beginning):
            tx.audit(Deed.THAWED, now, by=by, subject=beginning)
            lifted.append("the freeze of the numbers that begin like it")
    return lifted

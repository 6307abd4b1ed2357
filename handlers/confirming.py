"""The question before money is spent, and what a yes to it does.

Forms and items that wait for a yes are asked about with one modal, which shows the numbers whole to whoever it is for.
A yes carries out what is kept; the modal's metadata only says which question it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot import texts
from bot.bridge.drafts import Draft, InviteDraft, NewDraft, unpack_draft
from bot.bridge.questions import against_yes, phones_of
from bot.model import Actor, Answered, ChannelId, Item, ItemKey, Kind, Session, State, ThreadKey, UserId
from bot.model import Answer as Said
from bot.packing import unpack_phone, unpack_request
from bot.policy import Wish, wishes
from bot.store.rows import pack
from bot.text import with_author
from bot.views import View, again, confirm, parts
from bot.views.confirm import Costly
from bot.workspace import SlackError
from handlers.door import Door
from handlers.modals.answers import CLOSE_ALL, Answer, only, stored_or_over
from handlers.payloads import actor

PLACE_SECONDS = 0.5  # what is not known of a channel by then is said to be unknown
TOLD = {
    Answered.NOT_YOURS: texts.NOT_YOURS,
    Answered.COLLEAGUE: texts.COLLEAGUE,
    Answered.CHANGED: texts.QUESTION_CHANGED,
    Answered.STOPPED: texts.STOPPED_CLICK,
}
OF_FORM = TOLD | {Answered.EXPIRED: texts.DRAFT_GONE, Answered.TOO_LATE: texts.ASKED_ALREADY}
OF_ITEM = TOLD | {Answered.EXPIRED: texts.QUESTION_OVER, Answered.TOO_LATE: texts.TOO_LATE}


# Asking


async def about_form(door: Door, by: Actor, draft: Draft, *, close: str = "Back") -> View:
    """The question about a filled-in form, which is kept meanwhile. Raises Unavailable."""
    costly = await _of_form(door, by, draft)
    return confirm.modal_for(confirm.Question(await door.bridge.ask(draft, by)), costly, close=close)


async def about_another(door: Door, by: Actor, draft: NewDraft, already: Session, *, close: str = "Back") -> View:
    """The question about a form that asks for what was asked for a moment ago. Raises Unavailable.

    Where there are numbers, there is one question about both: a yes to it is a yes to them.
    """
    if draft.phones:
        return await about_form(door, by, draft, close=close)
    question = confirm.Question(await door.bridge.ask(draft, by))
    return again.modal_for(question, already, door.bridge.now(), door.house.policy.phones.confirm_seconds, close)


async def about_item(door: Door, by: Actor, item: Item) -> View | str:
    """The question about something that waits for a yes, for somebody who may say it; else why they may not."""
    against = against_yes(item, by, door.house, door.bridge.now())
    if against is Answered.EXPIRED:
        against = await door.bridge.answer(item.key, Said.YES, by)  # and its thread says so
    if against is not None:
        return OF_ITEM[against]
    question = confirm.Question(item=item.key, mark=_mark(door, item, by.user))
    return confirm.modal_for(question, await _of_item(door, by, item), close="Cancel")


def _mark(door: Door, item: Item, user: UserId) -> str:
    """What this person was shown of this item, so that a yes is to that and to nothing else."""
    return door.read.hashed(f"question/{item.key}/{user}/{item.asked_at!r}/{pack(item.body)}")


# A yes


async def submitted(door: Door, body: dict[str, Any]) -> Answer:
    by, question = actor(body), confirm.unpack(body["view"]["private_metadata"])
    if question.item is not None:
        return await stored_or_over(_yes_to_item(door, by, question.item, question.mark))
    return await stored_or_over(_yes_to_form(door, by, question.token))


async def _yes_to_form(door: Door, by: Actor, token: str) -> Answer:
    kept = door.read.draft(token)
    if kept is not None and kept.user == by.user and not kept.used:
        draft = unpack_draft(kept.body)
        if why := await door.against_all(by.user, _wishes(draft), _channel(door, draft)):
            return only(why)
        if why := door.bridge.against_phones(by.user, ()):
            return only(why)
    return _came(await door.bridge.confirm(token, by), OF_FORM)


async def _yes_to_item(door: Door, by: Actor, key: ItemKey, mark: str) -> Answer:
    item = door.read.item(key)
    if mark != _mark(door, item, by.user):
        return only(texts.QUESTION_CHANGED if item.state is State.ASKED else texts.TOO_LATE)
    if why := await against_answer(door, by, item, Said.YES):
        return only(why)
    return _came(await door.bridge.answer(key, Said.YES, by), OF_ITEM)


def _came(answered: Answered, told: Mapping[Answered, str]) -> Answer:
    return CLOSE_ALL if answered is Answered.TAKEN else only(told[answered])


# Who may


async def against_answer(door: Door, by: Actor, item: Item, said: Said) -> str | None:
    """Why this person may not say that about an item: rights can be lost while somebody looks at a question."""
    needed = wishes.of_answer(item, door.read.session(item.session), said, by.user)
    return await door.against_all(by.user, needed, item.channel)


def _wishes(draft: Draft) -> list[Wish]:
    if isinstance(draft, InviteDraft):
        return wishes.of_invitations(draft.people, draft.caller_id)
    return wishes.of_request(draft.request)


def _channel(door: Door, draft: Draft) -> ChannelId:
    return draft.channel if isinstance(draft, NewDraft) else door.read.session(draft.session).channel


# What is asked about


async def _of_form(door: Door, by: Actor, draft: Draft) -> Costly:
    author = door.signature(by.user)
    if isinstance(draft, NewDraft):
        request = draft.request
        known = Costly(draft.phones, request.type, request.name, sender=request.from_number)
        words, places = request.first_message, [draft.channel]
        if already := door.bridge.asked_before(draft, by):
            known = replace(known, before=again.before(already, door.bridge.now()))
        known = replace(known, thread=isinstance(draft.home, ThreadKey))
    else:
        session = door.read.session(draft.session)
        known = Costly(draft.phones, session.type, session.name, sender=draft.caller_id, thread=True)
        words, places = draft.greeting, places_of(door, session)
    return replace(
        _worded(known, words, author),
        **await _at_home(door, places),
        second=door.house.second_person,
    )


async def _of_item(door: Door, by: Actor, item: Item) -> Costly:
    session = door.read.session(item.session)
    opening = item.kind is Kind.OPEN
    request = unpack_request(item.body) if opening else None
    sender = request.from_number if request else unpack_phone(item.body.get("caller_id"))
    asker = item.author if item.author != by.user else None
    known = Costly(phones_of(item), session.type, session.name, sender=sender, asker=asker, thread=True)
    words = _words_with(door, item)
    return replace(_worded(known, words, door.signature(item.author)), **await _at_home(door, places_of(door, session)))


def _words_with(door: Door, item: Item) -> str:
    """What goes out once this was said yes to: it waits for it, or for the session to be there."""
    waiting = (State.ASKED, State.PENDING) if item.kind is Kind.OPEN else (State.ASKED,)
    said = (each for each in door.read.items_of(item.session, Kind.SAY) if each.state in waiting and not each.ts)
    return "\n\n".join(str(each.body.get("plain", "")) for each in said)


def _worded(known: Costly, words: str, author: str) -> Costly:
    if not words:
        return known
    return replace(known, words=with_author(author, words), parts=parts.first_message(words, author))


def places_of(door: Door, session: Session) -> list[ChannelId]:
    """Every channel in which what is said in a session stands."""
    threads = door.read.threads_of(session.key)
    return list(dict.fromkeys([session.channel, *(thread.channel for thread in threads)]))


async def _at_home(door: Door, channels: Sequence[ChannelId]) -> dict[str, Any]:
    kinds = await asyncio.gather(*(_kind_of(door, channel) for channel in channels[: confirm.CHANNELS]))
    rest = [None for _ in channels[confirm.CHANNELS :]]
    return {
        "places": tuple(zip(channels, [*kinds, *rest], strict=True)),
        "account": door.house.account.words,
        "seconds": door.house.policy.phones.confirm_seconds,
    }


async def _kind_of(door: Door, channel: ChannelId) -> str | None:
    try:
        async with asyncio.timeout(PLACE_SECONDS):
            return await door.workspace.kind_of(channel)
    except (SlackError, TimeoutError):
        return None

"""What somebody's Home shows, from the store. Evo Voice is asked nothing, and Slack only what it has a moment for."""

from __future__ import annotations

import asyncio

from bot.courier.drawing import asking_of
from bot.model import Actor, ChannelId, Item, Profile, Session, name_of_view
from bot.policy import Action
from bot.texts import CANNOT_CHECK
from bot.views import View
from bot.views.home import Home, Look, closed, draw
from bot.views.home.rows import answers
from handlers.door import Door
from handlers.home.office import for_administrators
from handlers.orders import Order
from handlers.orders.finding import visible
from handlers.seeing import allowed

NEEDS = 5  # rows
OWN = 10
AROUND = 5
SEARCHED = 100  # of what may wait for a person, and of other people's sessions
CHANNELS = 20  # in which those are looked for: each may cost a question to Slack

NOT_CHECKED = "I could not check who you are. This page is drawn again in a moment."


async def view_for(door: Door, by: Actor, look: Look) -> View | None:
    """None when Slack does not say who they are: then nobody knows what they may see."""
    why, profile = await asyncio.gather(door.against(by.user, Action.SEE), door.profile(by.user))
    if profile is None or why == CANNOT_CHECK:
        return None
    return closed(_first_sentence(why)) if why else draw(await _home(door, by, profile, look))


async def _home(door: Door, by: Actor, profile: Profile, look: Look) -> Home:
    waiting = _waiting(door, by)
    mine = door.read.sessions_of(by.user, look.which.lives, look.type, OWN + 1, look.page * OWN)
    return Home(
        profile=profile,
        person=door.read.person(by.team, by.user),
        look=look,
        troubles=door.troubles(),
        needs=waiting[:NEEDS],
        more_needs=len(waiting[NEEDS:]),
        mine=await allowed(door, by.user, mine[:OWN]),
        more=len(mine) > OWN,
        around=await _around(door, by),
        slack_url=door.house.slack_url,
        asking=asking_of(door.house, own=True),
        office=await for_administrators(door, by),
    )


def _waiting(door: Door, by: Actor) -> list[tuple[Item, Session]]:
    """What no button can settle any more waits for nobody."""
    found = door.read.waiting_for(by.user, SEARCHED)
    return [(item, session) for item, session in found if answers(item, session, asking_of(door.house, own=True))]


async def _around(door: Door, by: Actor) -> list[Session]:
    found = door.read.living_sessions_of_others(by.user, SEARCHED)
    channels = list(dict.fromkeys(session.channel for session in found))[:CHANNELS]
    asked = [session for session in found if session.channel in channels]
    return (await visible(door, looking(by), asked))[:AROUND]


def looking(by: Actor) -> Order:
    """They look at something from their own messages with the app, which is no channel where sessions are."""
    return Order(by, ChannelId(by.user), name_of_view(by.team, "home"))


def _first_sentence(why: str) -> str:
    return why.partition(". ")[0].rstrip(".") + "."

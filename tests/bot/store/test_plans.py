"""No question becomes slower because the file has grown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.audit import Record
from bot.model import (
    ChannelId,
    ItemKey,
    Kind,
    Life,
    LineName,
    Member,
    Post,
    PostKey,
    PostKind,
    PostState,
    SessionKey,
    SessionType,
    SlackName,
    TeamId,
    UserId,
)
from bot.store import Reads, Store
from tests.bot.bridge.test_hear import NOW
from tests.bot.views.samples import ITEM
from tests.helpers import CHANNEL, TEAM, THREAD, a_session

A_POST = Post(
    PostKey(1), "x", SessionKey(1), PostKind.LINE, ItemKey(1), None, "", TEAM, CHANNEL, THREAD.ts, None,
    PostState.PENDING, 1, 0, 0, 0, None,
)  # fmt: skip
QUESTIONS: dict[str, tuple[Any, ...]] = {
    "session": (SessionKey(1),),
    "session_asked_as": (SlackName("x"),),
    "session_of": ("evo-1",),
    "session_in": (THREAD,),
    "shown_in": (THREAD,),
    "is_linked": (THREAD,),
    "letters": (64,),
    "letters_kept": (),
    "letters_aside": (),
    "unfinished": (),
    "waits_since": (),
    "posts_waiting": (),
    "sessions_active": (),
    "links_in": (THREAD,),
    "links_of": (SessionKey(1),),
    "was_unlinked": (SessionKey(1), THREAD),
    "is_refused_in": (SessionKey(1), THREAD, 4),
    "sessions_with_id": ("8f3a21", 5),
    "newest_sessions": (5,),
    "sessions_by": (UserId("U1"), 5),
    "sessions_of": (UserId("U1"), list(Life), SessionType.CHAT, 5, 5),
    "living_sessions_of_others": (UserId("U1"), 5),
    "waiting_for": (UserId("U1"), 5),
    "sessions_in_channel": (TEAM, CHANNEL, 5),
    "is_carried_out": (SlackName("x"),),
    "last_used": (UserId("U1"),),
    "delivered": (SessionKey(1),),
    "foreign_lines": (SessionKey(1),),
    "cards_of": (SessionKey(1),),
    "audited_of": (ITEM,),
    "seen_at": (ItemKey(1),),
    "last_in": (THREAD, SessionKey(1), 5),
    "last_asked_by": (UserId("U1"), 5),
    "card_at": (THREAD, THREAD.ts),
    "hashed": ("+15035550123",),
    "audited": (1,),
    "last_audit": (5,),
    "last_audit_of": (SessionKey(1), 5),
    "about": (Record(1, 1.0, "", "", "done", 1, 1, "ab", "", "", ""),),
    "audit_start": (),
    "audit_head": (),
    "audit_keys_given": (),
    "hasher": (),
    "is_forgotten": ("x", NOW),
    "without_forgotten": (SessionKey(1), (Member("+15035550123"),)),
    "over_with_words": (NOW, SessionKey(0), 5),
    "long_over": (NOW, 5, 5),
    "has_unfinished": (SessionKey(1),),
    "is_past": (THREAD,),
    "person": (TEAM, UserId("U1")),
    "is_private": (TEAM, CHANNEL),
    "is_shared": (TEAM, CHANNEL),
    "teams_in": (CHANNEL,),
    "channel_checked": (TEAM, CHANNEL),
    "channels_to_ask": (NOW, 5),
    "threads_of": (SessionKey(1),),
    "open_sessions": (),
    "evidence": (),
    "sessions_to_join": (UserId("U1"), ChannelId(CHANNEL), 5),
    "card_on_its_way": (TeamId(TEAM), ChannelId(CHANNEL), 0.0),
    "threads_to_read": (NOW,),
    "newest_post": (SessionKey(1), THREAD.ts),
    "missed_lines": (NOW,),
    "item": (ItemKey(1),),
    "item_named": (SlackName("x"),),
    "items_asked_about": (A_POST,),
    "open_question": (ITEM,),
    "items_of": (SessionKey(1), Kind.SAY, Kind.OPEN),
    "lanes": (),
    "waiting_for_opening": (SessionKey(1),),
    "pending": (Kind.SAY, Kind.OPEN),
    "last_position": (SessionKey(1),),
    "twins_in_doubt": (ItemKey(1), a_session()),
    "head_of_lane": (SessionKey(1),),
    "is_under_way": (SessionKey(1),),
    "awaiting_echo": (SessionKey(1),),
    "echo_of": (ItemKey(1),),
    "unmarked": (5,),
    "count_items": (SessionKey(1),),
    "line": (LineName("x"),),
    "known_lines": (SessionKey(1),),
    "post": (PostKey(1),),
    "posts_of_item": (ItemKey(1),),
    "card_of": (SessionKey(1),),
    "channels_with_posts": (),
    "next_posts": (CHANNEL, NOW, 5),
    "posts_behind": (A_POST, 5),
    "posts_beside": (A_POST,),
    "is_asked_under": (SlackName("x"),),
    "doubt": (),
    "unlooked_since": (),
    "to_compare": (),
    "is_recovering": (SessionKey(1),),
    "unspoken": (SessionKey(1),),
    "standing": ("x",),
    "read_to": (THREAD,),
    "home_channels": (),
    "draft": ("V1",),
    "stop": (),
    "stopped_since": (NOW,),
    "spent_by": (UserId("U1"), NOW),
    "spent_by_all": (NOW,),
    "spent_on": ("hash", NOW),
    "spent_near": ("hash", NOW),
    "is_spent": (ItemKey(1), "hash", NOW),
    "is_frozen": ("hash",),
    "frozen": (),
    "opted_out": ("hash",),
    "installations": (),
    "installation": (TeamId("T1"),),
    "has_drafts": (NOW,),
    "asked_before": (NOW, 5),
}


# These go through a table backwards, and stop after so many rows; the third one's has a row for each of our tables.
# Letters are few: of a rush, until it is over.
PARTS = {"SCAN here", "SCAN over"}  # of a question: what a LIMIT has left
BOUNDED = {"newest_sessions", "last_audit", "audit_keys_given", "letters", "letters_kept", "letters_aside"}


def test_every_question_is_asked_here() -> None:
    asked = {name for part in Reads.__mro__ for name in vars(part) if not name.startswith("_")}
    assert asked == set(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_by_an_index(store: Store, name: str) -> None:
    """Going through a partial index is fine: it holds only what is unfinished."""
    connection = store.read._connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    try:
        getattr(store.read, name)(*QUESTIONS[name])
    except KeyError:
        pass  # there is no such row; the question was asked all the same
    finally:
        connection.set_trace_callback(None)
    plans = [row["detail"] for sql in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert plans
    whole = [plan for plan in plans if re.match(r"SCAN \w+$", plan)]
    assert name in BOUNDED or set(whole) <= PARTS

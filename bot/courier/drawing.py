"""What a post should show now, drawn from the store alone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.bridge import House
from bot.model import ChannelId, Item, Kind, Line, LineName, Link, Post, PostKind, Role, Session, TeamId, ThreadKey
from bot.states import BEGINS
from bot.store import Reads
from bot.views import Message
from bot.views.card import Spot, Us, card
from bot.views.files import file_not_here
from bot.views.missed import missed
from bot.views.privacy import for_everybody
from bot.views.replies import joined, mirror, notice, said
from bot.views.results import Asking, result

FOLDED = frozenset({PostKind.LINE, PostKind.NOTICE, PostKind.MIRROR})  # what is posted once and never redrawn


def drawer(read: Reads, house: House) -> Drawer:
    """Makes what draws posts."""
    return Drawer(read, house)


def asking_of(house: House, *, private: bool | None = None, own: bool = False) -> Asking:
    """How this house asks before money is spent."""
    phones = house.policy.phones
    return Asking(house.account.words, phones.second_person, phones.confirm_seconds, private, own)


class Drawer:
    """Draws posts: one alone, or several into one message. Whole numbers stand in private channels only."""

    def __init__(self, read: Reads, house: House) -> None:
        self._read = read
        self._house = house

    def __call__(self, post: Post) -> Message:
        """Raises AssertionError for a post that shows nothing."""
        return self._drawn(post)

    def together(self, posts: Sequence[Post]) -> tuple[Message, int]:
        """One message of as many of these posts, from the first, as Slack takes, and how many they are."""
        return joined([self._drawn(post, late=True) for post in posts])

    def card(self, session: Session, thread: ThreadKey | None, *, whole: bool) -> Message:
        """As it stands in a thread, without what can be pressed there. `thread`: None for the one under its card."""
        there = self._card(session, thread or session.thread)
        message = Message(there.text, [block for block in there.blocks if block["type"] != "actions"])
        return message if whole else for_everybody(message)

    def _drawn(self, post: Post, *, late: bool = False) -> Message:
        """`late`: a line is shown with the time at which it was said, for it stands in Slack later than that."""
        whole = post.kind is PostKind.DIRECT or self._read.is_private(post.team, post.channel)
        if post.kind is PostKind.LINE:
            session = self._read.session(post.session)
            one_of = self._is_one_of_several(post)
            return said(self._line(post), session, _part(post), late=late, whole=whole, one_of=one_of)
        message = self._message(post)
        return message if whole else for_everybody(message)

    def _is_one_of_several(self, post: Post) -> bool:
        """Does its thread show more than one session?"""
        if post.thread_ts is None:
            return False
        links = self._read.links_in(ThreadKey(post.team, post.channel, post.thread_ts))
        return sum(link.role is not Role.MOVED for link in links) > 1

    def _message(self, post: Post) -> Message:
        match post.kind:
            case PostKind.CARD:
                return self._card(self._read.session(post.session), _thread_of(post))
            case PostKind.FILE:
                return file_not_here(self._line(post), post.text)
            case PostKind.RESULT:
                return self._result(post)
            case PostKind.MIRROR:
                return mirror(self._item(post))
            case PostKind.NOTICE | PostKind.DIRECT:
                return notice(post.text)
        raise AssertionError(f"nobody draws a {post.kind}")

    def _card(self, session: Session, thread: ThreadKey | None) -> Message:
        opening = self._read.items_of(session.key, *BEGINS)[-1]
        invites = self._read.items_of(session.key, Kind.INVITE)
        spot = self._spot(session, thread)
        us = Us(self._house.bot, self._house.login)
        counts, stop = self._read.count_items(session.key), self._read.stop()
        asking = self._asking(session.team, session.channel)
        return card(session, opening, invites, counts, spot, us, stop, asking)

    def _asking(self, team: TeamId, channel: ChannelId) -> Asking:
        return asking_of(self._house, private=self._read.is_private(team, channel))

    def _spot(self, session: Session, thread: ThreadKey | None) -> Spot:
        """Before a card stands, its thread will be what the session wants it to be."""
        links = self._read.links_of(session.key)
        others = tuple(link.thread.channel for link in links if link.thread != thread and link.role is not Role.MOVED)
        if thread is None:
            return Spot(Role.TARGET, session.mode, others)
        own = next((link for link in links if link.thread == thread), None)
        if own is None:
            return Spot(None, session.mode, others)
        return Spot(own.role, own.mode, others, home=session.channel, target=self._target(own))

    def _target(self, own: Link) -> Session | None:
        """To which session replies go where this one is only shown."""
        return self._read.session_in(own.thread) if own.role is Role.SHOWN else None

    def _line(self, post: Post) -> Line:
        line = self._read.line(post.line or LineName(""))
        if line is None:
            raise AssertionError(f"post {post.key} shows a line that is not there")
        return line

    def _result(self, post: Post) -> Message:
        session = self._read.session(post.session)
        if post.text:
            return missed(self._read.items_asked_about(post), session)
        return result(self._item(post), session, self._asking(post.team, post.channel))

    def _item(self, post: Post) -> Item:
        if post.item is None:
            raise AssertionError(f"post {post.key} shows no item")
        return self._read.item(post.item)


def _thread_of(post: Post) -> ThreadKey | None:
    """The thread in which a card stands, or which stands under it."""
    ts = post.thread_ts or post.ts
    return None if ts is None else ThreadKey(post.team, post.channel, ts)


def _part(post: Post) -> int:
    """Which part of a long line it shows."""
    return int(post.text or 0)

"""What a post should show now, drawn from the store alone."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Item, Kind, Line, LineName, Post, PostKind, Session
from bot.states import BEGINS
from bot.store import Reads
from bot.views import Message
from bot.views.card import card
from bot.views.files import file_not_here
from bot.views.missed import missed
from bot.views.replies import joined, mirror, notice, said
from bot.views.results import result

FOLDED = frozenset({PostKind.LINE, PostKind.NOTICE, PostKind.MIRROR})  # what is posted once and never redrawn


def drawer(read: Reads) -> Drawer:
    """Makes what draws posts."""
    return Drawer(read)


class Drawer:
    """Draws posts: one alone, or several into one message."""

    def __init__(self, read: Reads) -> None:
        self._read = read

    def __call__(self, post: Post) -> Message:
        """Raises AssertionError for a post that shows nothing."""
        match post.kind:
            case PostKind.CARD:
                return self.card(self._read.session(post.session))
            case PostKind.LINE:
                return said(self._line(post), self._read.session(post.session), _part(post))
            case PostKind.FILE:
                return file_not_here(self._line(post), post.text)
            case PostKind.RESULT:
                return self._result(post)
            case PostKind.MIRROR:
                return mirror(self._item(post))
            case PostKind.NOTICE | PostKind.DIRECT:
                return notice(post.text)

    def together(self, posts: Sequence[Post]) -> tuple[Message, int]:
        """One message of as many of these posts, from the first, as Slack takes, and how many they are."""
        return joined([self._late(post) for post in posts])

    def _late(self, post: Post) -> Message:
        """A line with the time at which it was said: it stands in Slack later than that."""
        if post.kind is not PostKind.LINE:
            return self(post)
        return said(self._line(post), self._read.session(post.session), _part(post), late=True)

    def card(self, session: Session) -> Message:
        """As it stands at the head of the session's thread."""
        opening = self._read.items_of(session.key, *BEGINS)[-1]
        invites = self._read.items_of(session.key, Kind.INVITE)
        return card(session, opening, invites, self._read.count_items(session.key))

    def _line(self, post: Post) -> Line:
        line = self._read.line(post.line or LineName(""))
        if line is None:
            raise AssertionError(f"post {post.key} shows a line that is not there")
        return line

    def _result(self, post: Post) -> Message:
        session = self._read.session(post.session)
        if post.text:
            return missed(self._read.items_asked_about(post), session)
        return result(self._item(post), session)

    def _item(self, post: Post) -> Item:
        if post.item is None:
            raise AssertionError(f"post {post.key} shows no item")
        return self._read.item(post.item)


def _part(post: Post) -> int:
    """Which part of a long line it shows."""
    return int(post.text or 0)

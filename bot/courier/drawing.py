"""What a post should show now, drawn from the store alone."""

from __future__ import annotations

from collections.abc import Callable

from bot.model import ItemKey, Kind, LineName, Post, PostKind
from bot.store import Reads
from bot.views import Message
from bot.views.card import card
from bot.views.replies import notice, said
from bot.views.results import result


def drawer(read: Reads) -> Callable[[Post], Message]:
    """Makes the function that draws posts."""

    def draw(post: Post) -> Message:
        match post.kind:
            case PostKind.CARD:
                return _card(read, post)
            case PostKind.LINE:
                return _line(read, post)
            case PostKind.RESULT:
                return result(read.item(_item(post)), read.session(post.session))
            case PostKind.NOTICE | PostKind.DIRECT:
                return notice(post.text)

    return draw


def _card(read: Reads, post: Post) -> Message:
    session = read.session(post.session)
    opening = read.items_of(post.session, Kind.OPEN)[0]
    return card(session, opening, read.items_of(post.session, Kind.INVITE), read.count_items(post.session))


def _line(read: Reads, post: Post) -> Message:
    line = read.line(post.line or LineName(""))
    if line is None:
        raise AssertionError(f"post {post.key} shows a line that is not there")
    return said(line, read.session(post.session), int(post.text or 0))


def _item(post: Post) -> ItemKey:
    if post.item is None:
        raise AssertionError(f"post {post.key} shows no item")
    return post.item

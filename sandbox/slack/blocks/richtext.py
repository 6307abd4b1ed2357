"""The rich_text block. Source: docs reference/block-kit/blocks/rich-text-block."""

from __future__ import annotations

from sandbox.slack.blocks.shapes import Check, anything, array, boolean, number, one_of, shape, string, typed

KIND: dict[str, Check] = {"type": anything}
STYLE = shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
STYLED: dict[str, Check] = {"style": STYLE}
NAME = string(255)

INLINE: dict[str, Check] = {
    "text": shape({**KIND, "text": string(40_000)}, STYLED),
    "link": shape({**KIND, "url": string(3000)}, {**STYLED, "text": string(40_000), "unsafe": boolean}),
    "user": shape({**KIND, "user_id": NAME}, STYLED),
    "usergroup": shape({**KIND, "usergroup_id": NAME}, STYLED),
    "channel": shape({**KIND, "channel_id": NAME}, STYLED),
    "emoji": shape({**KIND, "name": NAME}, {**STYLED, "unicode": NAME, "skin_tone": number(2, 6)}),
    "broadcast": shape({**KIND, "range": one_of("here", "channel", "everyone")}, STYLED),
    "color": shape({**KIND, "value": NAME}, {}),
    "date": shape({**KIND, "timestamp": number(0), "format": NAME}, {"url": string(3000), "fallback": NAME}),
}
RUN = array(typed(INLINE, "rich text element"), 10_000, 0)
SECTION = shape({**KIND, "elements": RUN}, {})
BORDERED: dict[str, Check] = {"border": number(0, 1)}
PARTS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": shape({**KIND, "elements": RUN}, {**BORDERED, "language": NAME}),
    "rich_text_quote": shape({**KIND, "elements": RUN}, BORDERED),
    "rich_text_list": shape(
        {
            **KIND,
            "style": one_of("bullet", "ordered"),
            "elements": array(typed({"rich_text_section": SECTION}, "list item"), 10_000),
        },
        {**BORDERED, "indent": number(0, 8), "offset": number(0)},
    ),
}
RICH_TEXT = shape(
    {**KIND, "elements": array(typed(PARTS, "rich text part"), 10_000)},
    {"block_id": NAME},
)

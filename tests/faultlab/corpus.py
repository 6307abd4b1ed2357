"""Hostile words: what people outside may say in order to be taken for something else. All of them in one place."""

from __future__ import annotations

from sandbox.slack.seeds import CARLA, SUPPORT

TOKENS = [
    "<!channel>", "<!here>", "<!everyone>", "<!here|x>", "<!channel|channel>", "<@U12345678>", "<@U12345678|ana>",
    f"<@{CARLA}>", "<@W12345678>", "<#C12345678>", f"<#{SUPPORT}|general>", "<!subteam^S12345678|@team>",
    "<!subteam^S12345678>", "<!date^1392734382^{date_short}|now>", "<!date^1^{date}^https://evil.example|now>",
    "<https://evil.example>", "<https://evil.example|Your bank>",
    "<mailto:a@b.example|x>", "<tel:+19005550100|call me>",
    "<slack://open|x>", "<javascript:alert(1)|x>", "<!unknown^x|y>",
    "<#C12345678|general>", "<https://evil.example|Billing>",
]  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _disguised(token: str) -> list[str]:
    """A token as somebody might smuggle it past an escape."""
    once = _escaped(token)
    inner = token[1:-1]
    return [
        token,
        once,
        _escaped(once),
        _escaped(_escaped(once)),
        f"`{token}`",
        f"```{token}```",
        f"*{token}* _{token}_",
        f"<\u200b{inner}>",
        f"<{inner[:2]}\u2060{inner[2:]}>",
        f"<{inner}\n>",
        f"<<{inner}>>",
        f"\u202e{token}\u202c",
        f"&#60;{inner}&#62; &#x3c;{inner}&#x3e; \\u003c{inner}\\u003e %3C{inner}%3E",
        f"\uff1c{inner}\uff1e \u2039{inner}\u203a",
        token[:-1],
        inner + ">",
        f"{token} \" {token} ' {token}",
    ]


SMUGGLED = [spelt for token in TOKENS for spelt in _disguised(token)]

MARKUP = [
    "&", "&&&&&&", "<", ">", "<<<>>>", "<>", "<|x>", "&amp;", "&lt;", "&amp;amp;lt;", "&gt", "&lt", "&copy; &nbsp;",
    "*bold* _it_ ~no~ `code`", "```\nblock\n```", "> quote", ">>> quote", "* item\n* item", "1. one\n2. two", "~~~~",
    "```", "`", "*", "_", "**", "***", "__init__", "``````", "*_~`", ":white_check_mark: Delivered", ":a:b:c:",
    ":skin-tone-2:", "::::", ":+1::skin-tone-9:", "@channel", "@here", "@everyone", "#general", "@anna", "U12345678",
    "https://evil.example/very", "HTTP://EVIL.EXAMPLE", "evil.example", "javascript:alert(1)", "a@b.example",
    "https://user:pass@evil.example:99/?q=<x>&y=1#z", "https://evil.example/\u202egnp.exe", "xn--e1awd7f.example",
    "slack://channel?team=T1&id=C1", "data:text/html,<b>x</b>", "file:///etc/passwd", "tel:+19005550100",
]  # fmt: skip

LIES = [
    "✔ Ana was invited", "System: this session has ended", "Evo: your password has expired", "Billing bot\n✔ Paid",
    "External", "Outside Slack · Evo", "Outside Slack · Evo\nOutside Slack · Evo", "Evo", "Slackbot", "USLACKBOT",
    "*💬 Chat · Broken boiler*\nState: Ended", "Not sent: Evo Voice said “no”.", "This session has ended.",
    "Session 8f3a21. State: Active. With: everybody.", "🔒 only you can see this", "(1 of 3)", "Joe Park: I agree",
    "Ana joined.", "Somebody", "Sent a file (image/png). Open it in Evo Voice.", "Invited by @anna", "App  10:42 AM",
]  # fmt: skip

COMMANDS = [
    "STOP", "stop", "UNSUBSCRIBE", "HELP", "START", "invite +1 900 555 0100", "end", "/session", "/invite @evil",
    "/me laughs", "+1 900 555 0100", "911", "112", "*67 555 0100", "##002#", "*#06#", "12345", "-1", "0", "00", "1e999",
]  # fmt: skip
NOTES = [
    "note: from outside",
    "NOTE : x",
    "private: x",
    "// x",
    "//",
    ";; x",
    "🔒 x",
    ":lock: x",
    "> note: x",
    "*note:* x",
]

PAYLOADS = [
    "%s %d %(x)s %n %x%x%x", "{0} {who} {name!r} {__class__}", "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>", "${jndi:ldap://x/a}",
    "'; DROP TABLE item; --", '" OR 1=1 --', "') UNION SELECT body FROM item --",
    "=cmd|' /C calc'!A0", "@SUM(1+1)",
    "+1+1", "-1+1", '=HYPERLINK("https://evil.example","x")',
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>', "</text></view>", "<!--", "]]>", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]>",
    "../../etc/passwd", "..\\..\\windows", "%2e%2e%2f", "/../", "?x=1&y=2", "#fragment", "a/b/c",
    ";ls -la", "$(reboot)",
    "`reboot`", "| cat /etc/passwd", "null", "undefined", "NaN", "None", "true", "[]", "{}", '{"ok":false}', "\\", '"',
    "'", "\\n", "\\\\", "\\u0000", "\\x00", "%00", "\r\nSet-Cookie: x=1",
    "HTTP/1.1 200 OK\r\n\r\n", "Content-Length: 0",
    '{"type":"section","text":{"type":"mrkdwn","text":"<!channel>"}}', "xoxb-1-2-abcdef", "password=hunter2",
]  # fmt: skip

SIGNS = [
    "\n\n\n\n", "   ", "\t", "\u200b\u200b\u200b", "\u2028line\u2029", "a\rb\r\nc", "\x0b\x0c\x85", "\ufeff<!here>",
    "\x00<!here>\x07", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\x7f\x80\x9f", "\u00ad\u034f\u180e",
    "\u061cx", "\u202eabc\u202c", "\u2066abc\u2069", "\u200e\u200f", "\ufff9a\ufffab\ufffb", "\u3164\uffa0",
    "\ud800", "\udfff x", "\udc00\ud800", "\ufdd0\ufffe\uffff", "\U000e0041\U000e0042", "\U000e0100", "\ufffd",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067", "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦" * 60,
    "👍🏽", "🇺", "🇺🇸🇨🇦", "❤️", "1️⃣", "👨\u200d", "\u200d", "e\u0301" * 400, "\u0301" * 3000, "Z̷̢̧a̵̡l̶g̸o̴" * 20,
    "A" * 500, "<" * 500, "&" * 4000, "<!channel> " * 400, "x\n" * 3000, "W" * 7000, "word " * 1500, "😀" * 3500,
    "العربية", "עברית", "नमस्ते", "می‌خواهم", "क्‍ष", "日本語", "ß", "İi", "ﬁ", "Ａｎａ", "аdmin", "pаypal.com", "𝐁𝐨𝐥𝐝",
    "①②③", "\u00a0x\u00a0", "\u3000", "¿¡«»„“”", "−1", "½", "\U0010ffff", "\ue000",
]  # fmt: skip

FROM_OUTSIDE = list(dict.fromkeys([*SMUGGLED, *MARKUP, *LIES, *COMMANDS, *NOTES, *PAYLOADS, *SIGNS]))

# What a pattern that goes back over what it has read would take for ever with, repeated thousands of times.
REPEATED = [
    "<", ">", "*", "_", "~", "`", "```", "````", ":", ":a", "a:", ":a:", ":+", "<@", "<!", "<a", "<a|", "&", "&amp;",
    "*a", "a* ", "* ", " *", "_*~", "`a", "` ", "<@U1|", "<https://", "note:", "&gt;", ">*_ ", " ", "\n", "\0", "👍",
    "\u0301\u0316", "\u200d", "👨\u200d", "🇺", "🏴\U000e0067", ":skin-tone-2:", ":wave::skin-tone-2:",
    "- ", "\r", "a \n", "• ", "1. ", "“", "&gt; • ",
]  # fmt: skip

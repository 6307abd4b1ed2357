"""The fields of the form, one function each. A block and its element bear the same name in every type.

One element does not: whether the flow runs is ticked for a call and not for the others, and Slack keeps by names what
is ticked. A tick that nobody has made would go along into a chat.
"""

from __future__ import annotations

from bot.model import CallState, Direction, Mode, SessionType
from bot.text import shorten
from bot.views.blocks import VALUE, Block, field, option, plain
from bot.views.new_session.shape import Entry, Held, Shape

CALLBACK = "session_new"
TYPE = "f_channel"
NAME = "f_name"
WITH = "f_with"
SLACK_MEMBERS = "f_slackmembers"
MEMBERS = "f_members"
FROM = "f_from"
TO = "f_to"
MESSAGE = "f_message"
START = "f_start"
START_OTHERS = "f_start_others"  # the action in a chat or a fax
SEND_TEXT = "f_sendtext"
WHERE = "f_where"
MORE = "f_advanced"
CUSTOMER = "f_customer"
PARENT = "f_parent"
DIRECTION = "f_direction"
STATE = "f_state"
FROM_ADDRESS = "f_fromaddr"
FROM_NAME = "f_fromname"
TO_ADDRESS = "f_toaddr"
DESTINATION = "f_dest"
MODE = "f_mode"

LABELS = {
    TYPE: "Session type",
    NAME: "Name",
    TO: "To",
    WHERE: "Post the card in",
    SEND_TEXT: "The message",
    WITH: "With",
    SLACK_MEMBERS: "Members from Slack",
    MEMBERS: "Other people",
    FROM: "From number",
    MESSAGE: "First message",
    START: "Call flow",
    START_OTHERS: "Call flow",
    CUSTOMER: "Customer",
    PARENT: "Part of session",
    DIRECTION: "Direction",
    STATE: "Call state",
    FROM_ADDRESS: "From address",
    FROM_NAME: "From name",
    TO_ADDRESS: "To address",
    DESTINATION: "Destination",
    MODE: "Replies in the thread",
}
ONLY_IN_CHAT = (WITH, SLACK_MEMBERS, MEMBERS, MESSAGE, SEND_TEXT)
MODES = {
    Mode.RELAY: "Relay replies",
    Mode.MENTION: "Only when @Evo is mentioned",
    Mode.NOTES: "Notes only",
}
TO_LABELS = {SessionType.CHAT: "Text to", SessionType.VOICE: "Call to", SessionType.FAX: "Fax to"}

NAME_LIMIT = 120
MESSAGE_LIMIT = 1600
ADDRESS_LIMIT = 254
TEXT_LIMIT = 3000  # the most that Slack lets anybody type into one field
LEAVE = "leave"
RUN = "run"
SEND = "send"


def fields(shape: Shape) -> list[Block]:
    """The inputs of the form, from top to bottom, save those under "More options"."""
    chat = shape.type is SessionType.CHAT
    people = [_with(), _slack_members(), _members()] if chat else []
    numbers = [*_from_number(shape), _to(shape.type)]
    message = [*_send_text(shape), _message()] if chat else []
    start = [_start(shape.type)] if shape.type is SessionType.VOICE else []
    where = [] if shape.thread else [_where()]
    return [_type(), _name(), *people, *numbers, *message, *start, *where]


def advanced(shape: Shape, author: str) -> list[Block]:
    """The inputs under "More options"."""
    address = "A phone number or an e-mail address."
    start = [] if shape.type is SessionType.VOICE else [_start(shape.type)]
    return [
        *start,
        *_customer(shape),
        _parent(),
        _select(DIRECTION, [str(one) for one in Direction], "Evo Voice assumes outgoing."),
        _select(STATE, [str(one) for one in CallState], "Evo Voice assumes connected."),
        _line(FROM_ADDRESS, f"{address} Evo Voice assumes the bot's own address.", ADDRESS_LIMIT),
        _from_name(author),
        _line(TO_ADDRESS, f"{address} Only if it differs from the number above.", ADDRESS_LIMIT),
        _line(DESTINATION, f"{address} What is dialled; only if it differs from the number above.", ADDRESS_LIMIT),
        *([_mode()] if shape.type is SessionType.CHAT else []),
    ]


def filled(block: Block, held: Held) -> Block:
    """The field with what stands in it; as it is when nothing does, or nothing that it could show."""
    name = block["element"]["action_id"]
    if name not in held:
        return block
    element = {key: value for key, value in block["element"].items() if not key.startswith("initial_")}
    return {**block, "element": element | _initial(element, held[name])}


def _initial(element: Block, held: str | list[str]) -> Block:
    kind = element["type"]
    first = held if isinstance(held, str) else next(iter(held), "")
    match kind:
        case "plain_text_input" if first:
            return {"initial_value": shorten(first, element["max_length"])}
        case "conversations_select" if first:
            return {"initial_conversation": first}
        case "multi_users_select" if held:
            return {"initial_users": list(held)}
        case "external_select" if 0 < len(first) <= VALUE:
            return {"initial_option": option(first if isinstance(held, str) else held[-1], first)}
        case "checkboxes":
            ticked = [one for one in element["options"] if one["value"] in held]
            return {"initial_options": ticked} if ticked else {}
        case "radio_buttons" | "static_select":
            chosen = [one for one in element["options"] if one["value"] == first]
            return {"initial_option": (chosen or element["options"])[0]}
    return {}


# For every type


def _type() -> Block:
    options = [option(type_, type_) for type_ in SessionType]
    element = {"type": "radio_buttons", "options": options, "initial_option": options[0]}
    return {**field(TYPE, LABELS[TYPE], element, hint="Decides which fields follow."), "dispatch_action": True}


def _name() -> Block:
    hint = "Members see this. It cannot be changed later."
    return field(NAME, LABELS[NAME], _text("e.g. Broken boiler – Mrs Lee", NAME_LIMIT), hint=hint)


def _from_number(shape: Shape) -> list[Block]:
    hint = "Number the other side will see."
    match shape.numbers:
        case Entry.LOADING:
            return []
        case Entry.LIST:
            element = _list("Search numbers or labels")
        case Entry.TYPED:
            element = _text("(503) 555-0100", 60)
    return [field(FROM, LABELS[FROM], element, hint=hint, optional=True)]


def _to(type_: SessionType) -> Block:
    hint = "Any usual format; checked when you submit."
    number = _text("(503) 555-0123", 60)
    return field(TO, TO_LABELS[type_], number, hint=hint, optional=type_ is SessionType.CHAT)


def _start(type_: SessionType) -> Block:
    run = option("Run the call flow now", RUN)
    hint = "On: the session starts its flow right away. Off: only recorded."
    block = field(START, LABELS[START], {"type": "checkboxes", "options": [run]}, hint=hint, optional=True)
    if type_ is SessionType.VOICE:
        block["element"]["initial_options"] = [run]
    else:
        block["element"]["action_id"] = START_OTHERS
    return block


def _where() -> Block:
    element: Block = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return field(WHERE, LABELS[WHERE], element, hint="Replies in that thread reach the session.")


# For a chat


def _with() -> Block:
    hint = "Person or team the chat starts with. You can type user:ID or team:ID as well."
    return field(WITH, LABELS[WITH], _list("Search people or teams"), hint=hint, optional=True)


def _slack_members() -> Block:
    chosen: Block = {"type": "multi_users_select", "placeholder": plain("Choose people", 150)}
    return field(SLACK_MEMBERS, LABELS[SLACK_MEMBERS], chosen, hint="Matched by e-mail address.", optional=True)


def _members() -> Block:
    typed = _text("ana@example.com, (503) 555-0123", TEXT_LIMIT, multiline=True)
    hint = "E-mails of Evo Voice users, or cell phone numbers; one per line or comma-separated."
    return field(MEMBERS, LABELS[MEMBERS], typed, hint=hint, optional=True)


def _message() -> Block:
    typed = _text("Hi, this is …", TEXT_LIMIT, multiline=True)
    hint = f"Sent to everyone in the chat, as you. At most {MESSAGE_LIMIT:,} characters."
    return field(MESSAGE, LABELS[MESSAGE], typed, hint=hint, optional=True)


def _send_text(shape: Shape) -> list[Block]:
    """For a form that was started from a message whose words are known."""
    if not shape.text:
        return []
    send = option("Send the message text", SEND)
    hint = "On: everybody in the chat gets the words of the message that you started from, before your first message."
    return [field(SEND_TEXT, LABELS[SEND_TEXT], {"type": "checkboxes", "options": [send]}, hint=hint, optional=True)]


# Under "More options"


def _customer(shape: Shape) -> list[Block]:
    match shape.customers:
        case Entry.LOADING:
            return []
        case Entry.LIST:
            element, hint = _list("Search customers"), "Books the session under a customer."
        case Entry.TYPED:
            element, hint = _text("", 64), "Books the session under a customer: their id in Evo Voice."
    return [field(CUSTOMER, LABELS[CUSTOMER], element, hint=hint, optional=True)]


def _parent() -> Block:
    hint = "Groups related sessions, for example for billing. Offered are yours and this channel's; or paste an id."
    return field(PARENT, LABELS[PARENT], _list("Search sessions"), hint=hint, optional=True)


def _select(name: str, values: list[str], hint: str) -> Block:
    options = [option("(leave to Evo Voice)", LEAVE), *(option(value, value) for value in values)]
    element = {"type": "static_select", "options": options, "initial_option": options[0]}
    return field(name, LABELS[name], element, hint=hint, optional=True)


def _mode() -> Block:
    options = [option(label, mode) for mode, label in MODES.items()]
    element = {"type": "radio_buttons", "options": options, "initial_option": options[0]}
    return field(MODE, LABELS[MODE], element, hint="You can change this on the card.", optional=True)


def _line(name: str, hint: str, most: int) -> Block:
    return field(name, LABELS[name], _text("", most), hint=hint, optional=True)


def _from_name(author: str) -> Block:
    block = _line(FROM_NAME, "Who the session comes from. Left empty, it is your Slack name.", NAME_LIMIT)
    return filled(block, {FROM_NAME: usual_from_name(author)} if author else {})


def usual_from_name(author: str) -> str:
    """What a session comes from when nobody says otherwise."""
    return f"{author} (Slack)"


def _list(placeholder: str) -> Block:
    return {"type": "external_select", "min_query_length": 0, "placeholder": plain(placeholder, 150)}


def _text(placeholder: str, most: int, *, multiline: bool = False) -> Block:
    element: Block = {"type": "plain_text_input", "max_length": most, "multiline": multiline}
    return {**element, "placeholder": plain(placeholder, 150)} if placeholder else element

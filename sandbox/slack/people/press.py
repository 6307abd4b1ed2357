"""Commands, shortcuts and buttons of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack import response_urls
from sandbox.slack.delivery import Outcome, Receipt, What
from sandbox.slack.desk import VERIFICATION_TOKEN
from sandbox.slack.errors import GestureError, RefusedError
from sandbox.slack.inputs import HOLDS, Room, first_state, hold
from sandbox.slack.naming import interactive
from sandbox.slack.people.hands import Gestures, heard
from sandbox.slack.response_urls import ResponseUrl
from sandbox.slack.seeds import Kind
from sandbox.slack.text import typed

if TYPE_CHECKING:
    from sandbox.slack.people.outcomes import Heard
    from sandbox.slack.world import Channel, Ephemeral, Json, Message


class Press(Gestures):
    """Every gesture raises GestureError when a client would not allow it."""

    async def slash(self, user: str, channel: str, command: str, text: str = "", raw: bool = False) -> Heard:
        """Type a slash command; its immediate answer, if any, is shown where it belongs.

        `raw` text is mrkdwn already, such as a name that was picked: with `should_escape` it arrives as an id.
        """
        place = self._command_place(user, channel, command)
        url = self._response_url(user, channel)
        receipt = await self.desk.deliveries.ask(
            What.SLASH, self._slash(user, place, command, text if raw else typed(text), url)
        )
        return heard(receipt, self._show(receipt, user, channel))

    async def shortcut_global(self, user: str, callback_id: str) -> Heard:
        """Choose a global shortcut."""
        self._member(user)
        self._check_shortcut(callback_id)
        payload = self._payload("shortcut", user)
        trigger = self.desk.triggers.new(user)
        payload |= {"callback_id": callback_id, "trigger_id": trigger, "action_ts": self.desk.world.new_ts()}
        return heard(await self.desk.deliveries.ask(What.INTERACTIVE, payload))

    async def shortcut_message(self, user: str, callback_id: str, channel: str, ts: str) -> Heard:
        """Choose a shortcut in the menu of a message."""
        self._member(user)
        self._check_shortcut(callback_id)
        place, message = self._present(user, channel), self._message(channel, ts)
        payload = self._payload("message_action", user) | {
            "callback_id": callback_id,
            "trigger_id": self.desk.triggers.new(user, channel),
            "response_url": self._response_url(user, channel, ts),
            "action_ts": self.desk.world.new_ts(),
            "message_ts": ts,
            "channel": self._place(place),
            "message": place.render(message),
        }
        return heard(await self.desk.deliveries.ask(What.INTERACTIVE, payload))

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str | None = None,
        *,
        block_id: str | None = None,
        index: int | None = None,
        value: Any = None,
    ) -> Heard:
        """Use an element of a message, public or ephemeral: found by action_id, block_id, position, or several.

        `value` is what is chosen in a menu: an option's value, an id, a list of them.
        """
        place = self._active(user, channel)
        message = self._seen(user, place, ts)
        block, element = find_element(message.body.get("blocks", []), action_id, block_id, index)
        action = act(block, element, value, Room(self.desk.world, []), self.desk.world.new_ts())
        payload = self._block_actions(user, place, message, action)
        return heard(await self.desk.deliveries.ask(What.INTERACTIVE, payload))

    def _command_place(self, user: str, channel: str, command: str) -> Channel:
        self._member(user)
        place = self._channel(channel)
        if place.is_archived or (place.kind is not Kind.PUBLIC and user not in place.members):
            raise GestureError(f"{user} cannot write in {channel}")
        known = self.desk.settings.manifest.commands
        if known is not None and command not in known:
            raise GestureError(f"{command} is not a valid command")
        return place

    def _check_shortcut(self, callback_id: str) -> None:
        known = self.desk.settings.manifest.shortcuts
        if known is not None and callback_id not in known:
            raise GestureError(f"there is no shortcut {callback_id!r}")

    def _slash(self, user: str, place: Channel, command: str, text: str, url: str) -> Json:
        seed = self.desk.world.seed
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": seed.team_id,
            "team_domain": seed.team_domain,
            **({"enterprise_id": seed.enterprise_id} if seed.enterprise_id else {}),
            "channel_id": place.id,
            "channel_name": self._place(place)["name"],
            "user_id": user,
            "user_name": self._person(user).name,
            "command": command,
            "text": text,
            "api_app_id": seed.app_id,
            "is_enterprise_install": str(seed.is_enterprise_install).lower(),
            "response_url": url,
            "trigger_id": self.desk.triggers.new(user, place.id),
        }

    def _show(self, receipt: Receipt, user: str, channel: str) -> str:
        """Show a command's immediate answer; what Slack would complain of, if anything."""
        if receipt.outcome is not Outcome.ACKED:
            return "operation_timeout" if receipt.outcome is Outcome.TIMEOUT else "dispatch_failed"
        body = {"text": receipt.body} if isinstance(receipt.body, str) else receipt.body
        if not body:
            return ""
        try:
            response_urls.answer(self.desk, ResponseUrl(user, channel, None, 0.0), body)
        except RefusedError as refusal:
            return refusal.code
        return ""

    def _seen(self, user: str, place: Channel, ts: str) -> Message | Ephemeral:
        notes = self.desk.world.ephemerals
        own = next((note for note in notes if (note.ts, note.user, note.channel) == (ts, user, place.id)), None)
        return own or self._message(place.id, ts)

    def _block_actions(self, user: str, place: Channel, message: Message | Ephemeral, action: Json) -> Json:
        ephemeral = any(note is message for note in self.desk.world.ephemerals)
        thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": place.id,
            "is_ephemeral": ephemeral,
            **thread,
        }
        shown = message.wire() if ephemeral else place.render(self._message(place.id, message.ts))
        return self._payload("block_actions", user) | {
            "container": container,
            "trigger_id": self.desk.triggers.new(user, place.id),
            "channel": self._place(place),
            "message": shown,
            "state": {"values": _state_after(message.body.get("blocks", []), action)},
            "response_url": self._response_url(user, place.id, message.ts),
            "actions": [action],
        }


def find_element(
    blocks: list[Json],
    action_id: str | None,
    block_id: str | None,
    index: int | None,
) -> tuple[Json, Json]:
    """The one element meant, with its block. Raises GestureError for none, or for several without `index`."""
    found = [
        (block, element)
        for block, element in interactive(blocks)
        if action_id in (None, element["action_id"]) and block_id in (None, block["block_id"])
    ]
    if index is None and len(found) > 1:
        raise GestureError("several elements fit: say which")
    try:
        return found[index or 0]
    except IndexError as error:
        raise GestureError(f"no such element: {action_id or block_id or index}") from error


def act(block: Json, element: Json, value: Any, room: Room, ts: str) -> Json:
    """The action a payload carries when `element` is used."""
    head = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    held = _used(element, value, room)
    return {**head, **held, "action_ts": ts}


def _used(element: Json, value: Any, room: Room) -> Json:
    if element["type"] in HOLDS:
        return {name: found for name, found in hold(element, value, room).items() if name != "type"}
    if element["type"] == "overflow":
        chosen = next((option for option in element["options"] if option["value"] == value), None)
        if chosen is None:
            raise GestureError(f"there is no option {value!r}")
        return {"selected_option": chosen}
    own = {"value": element["value"]} if element.get("value") else {}
    return {"text": element.get("text"), **own}


def _state_after(blocks: list[Json], action: Json) -> Json:
    values = first_state(blocks)
    held = values.get(action["block_id"], {}).get(action["action_id"])
    if held is not None:
        key = HOLDS[action["type"]][0]
        held[key] = action[key]
    return values

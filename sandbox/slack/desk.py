"""Everything a request or a gesture may need, and the few acts they share: posting, changing, telling the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.slack import events
from sandbox.slack.text import mentions
from sandbox.slack.world import Channel, Ephemeral, Json, Message, World

if TYPE_CHECKING:
    from sandbox.changes import Changes
    from sandbox.slack.clock import Clock
    from sandbox.slack.delivery import Deliveries
    from sandbox.slack.faults import Faults
    from sandbox.slack.files import Drawer
    from sandbox.slack.journal import Journal
    from sandbox.slack.limits import Limits
    from sandbox.slack.oauth import Grants
    from sandbox.slack.response_urls import ResponseUrls
    from sandbox.slack.settings import Settings
    from sandbox.slack.socket_door import SocketDoor
    from sandbox.slack.views import Board, Triggers

LEAVING = ("app_uninstalled", "tokens_revoked")
VERIFICATION_TOKEN = "standin-verification-token"  # noqa: S105 - Slack's deprecated field, checked by nobody


@dataclass(slots=True)
class Desk:
    """The parts of one stand-in; `url` is its base address, known once it runs."""

    settings: Settings
    clock: Clock
    changes: Changes
    world: World
    faults: Faults
    journal: Journal
    limits: Limits
    deliveries: Deliveries
    sockets: SocketDoor
    board: Board
    triggers: Triggers
    response_urls: ResponseUrls
    drawer: Drawer
    grants: Grants
    url: str = ""
    beside: list[Desk] = field(default_factory=list)

    def all(self) -> list[Desk]:
        """This workspace, and those whose calls come here as well."""
        return [self, *self.beside]

    def organization(self) -> list[Desk]:
        """The workspaces for which the app was installed as one: this one, and those of its organization."""
        seed = self.world.seed
        return [
            each
            for each in self.all()
            if each is self or (seed.is_enterprise_install and each.world.seed.enterprise_id == seed.enterprise_id)
        ]

    def whose(self, token: str, args: Json) -> Desk:
        """The workspace that a token, a code or a refresh token is of; this one if it is of none."""
        code, refresher = args.get("code"), args.get("refresh_token")
        for desk in self.all():
            grants = desk.grants
            if token in grants.tokens or code in grants.codes or refresher in grants.refreshers:
                return desk
        return self

    def tell(self, event: Json, channel: Channel | None) -> None:
        """Bring an event to the app, if it is subscribed and the bot is there to see it."""
        wanted = self.settings.manifest.events
        if wanted is not None and events.subscription(event, channel) not in wanted:
            return
        self.deliveries.event(self._wrap(event, channel))

    def remove_app(self) -> None:
        """Its tokens are no good any more, and it is told so."""
        self.grants.revoke()
        self.tell({"type": "tokens_revoked", "tokens": {"bot": [self.world.seed.bot_user]}}, None)
        self.tell({"type": "app_uninstalled"}, None)

    def publish(self, message: Message) -> Message:
        """Put a message into its conversation and tell the app."""
        channel = self.world.channel(message.channel)
        self.world.add(message)
        if self.world.has_bot(channel):
            for event in self._twins(channel, message):
                self.tell(event, channel)
        return message

    def change(self, message: Message, before: Json) -> None:
        """Tell the app that a message is not what it was."""
        channel = self.world.channel(message.channel)
        if self.world.has_bot(channel):
            self.tell(events.changed(channel, message, before, self.world.new_ts()), channel)

    def delete(self, message: Message) -> None:
        """Remove a message and tell the app."""
        channel = self.world.channel(message.channel)
        before = channel.render(message)
        stone = self.world.remove(channel, message.ts)
        if stone is not None:
            self.change(stone, before)
        elif self.world.has_bot(channel):
            self.tell(events.deleted(channel, before, self.world.new_ts()), channel)

    def react(self, message: Message, name: str, user: str, *, added: bool) -> None:
        """Note a reaction, or its end, and tell the app; whether that makes sense is the caller's to check."""
        users = message.reactions.setdefault(name, [])
        users.append(user) if added else users.remove(user)
        if not users:
            del message.reactions[name]
        channel = self.world.channel(message.channel)
        if self.world.has_bot(channel):
            self.tell(events.reacted(name, user, message, self.world.new_ts(), added=added), channel)

    def whisper(self, note: Ephemeral) -> Ephemeral:
        """Show a message to one person."""
        self.world.ephemerals.append(note)
        return note

    @property
    def bot_name(self) -> str:
        """What people see as the author of what the app posts."""
        return self.settings.manifest.bot_name or self.world.people[self.world.seed.bot_user].real_name

    def bot_body(self) -> Json:
        """What marks a message as this app's."""
        seed = self.world.seed
        profile = {"id": seed.bot_id, "app_id": seed.app_id, "name": self.bot_name, "team_id": seed.team_id}
        return {"bot_id": seed.bot_id, "app_id": seed.app_id, "team": seed.team_id, "bot_profile": profile}

    def _twins(self, channel: Channel, message: Message) -> list[Json]:
        team = self.world.seed.team_id
        twins = [events.posted(channel, message, team)]
        by_bot = "bot_id" in message.body
        if not by_bot and self.world.seed.bot_user in mentions(message.text):
            twins.append(events.mentioned(channel, message, team))
        return twins[::-1] if self.faults.delivery.mention_first else twins

    def _wrap(self, event: Json, channel: Channel | None) -> Json:
        seed = self.world.seed
        grant = {
            "enterprise_id": seed.enterprise_id,
            "team_id": None if seed.is_enterprise_install else seed.team_id,
            "user_id": seed.bot_user,
            "is_bot": True,
            "is_enterprise_install": seed.is_enterprise_install,
        }
        number = self.world.serial()
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": seed.team_id,
            "enterprise_id": seed.enterprise_id,
            "context_team_id": seed.team_id,
            "context_enterprise_id": seed.enterprise_id,
            "api_app_id": seed.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0{number:08d}",
            "event_time": int(self.clock.now()),
            "authorizations": [grant] if event["type"] not in LEAVING else [],
            "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
            "event_context": f"4-standin-{number}",
        }

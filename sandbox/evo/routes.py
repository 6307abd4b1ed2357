"""From a request to an answer: binding, then the gate, then the rule. Synchronous and whole: one call, one effect."""

import logging
from collections.abc import Callable

from sandbox.evo.auth import Gate, with_cookies
from sandbox.evo.files import Files
from sandbox.evo.messages import Messages
from sandbox.evo.operations import Match
from sandbox.evo.pickers import Pickers
from sandbox.evo.seeds import Login
from sandbox.evo.sessions import Sessions
from sandbox.evo.wire import (
    FORMS,
    JSON,
    Answer,
    Args,
    Call,
    Refusal,
    answer_of,
    bind_json,
    bind_text,
    error_body,
    form_pairs,
    refused,
)
from sandbox.evo.world import World

_logger = logging.getLogger(__name__)
_Handler = Callable[[Login, Args], object]
_PublicHandler = Callable[[Call, Args], object]
_WITH_BODY = ("POST", "PUT", "PATCH")


class Routes:
    """The rooms of the server and which operation each one answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.gate = Gate(world)
        self.sessions = Sessions(world)
        self.messages = Messages(world, self.sessions)
        self.files = Files(world)
        self._pickers = Pickers(world)
        self._handlers = self._signed_in()
        self._public: dict[str, _PublicHandler] = {
            "GetAuthStatus": self.gate.status,
            "Authenticate": self.gate.authenticate,
            "DeleteSessions": self.sessions.bulk_delete,
        }

    def perform(self, call: Call, match: Match) -> Answer:
        """Carry the operation out. Never raises: our own mistakes answer 500 and are logged."""
        try:
            return self._perform(call, match)
        except Refusal as refusal:
            return refused(refusal)
        except Exception as error:
            _logger.exception("The stand-in itself failed at %s", match.operation.name)
            return Answer(500, error_body(type(error).__name__, str(error)), JSON)

    def _perform(self, call: Call, match: Match) -> Answer:
        """The framework binds before it asks who is there: malformed JSON is 400 even for strangers."""
        name = match.operation.name
        if not match.verb_allowed:
            raise Refusal(405, "NotImplementedException", f"Could not find method {call.verb} on {name}")
        self._refuse_mismatch(match)
        args = bind(call, match, strict=self._world.quirks.strict_binding)
        if name == "GetMedia":
            return self._media(call, args)
        if match.operation.public:
            return answer_of(self._public[name](call, args), self._world.quirks.date_format)
        login = self.gate.admit(match.operation, call)
        result = self._upload(login, args, call) if name == "AppUploadFile" else self._handlers[name](login, args)
        answer = answer_of(result, self._world.quirks.date_format)
        return with_cookies(answer, self.gate.greeting(call))

    def _upload(self, login: Login, args: Args, call: Call) -> object:
        return self.files.upload_multipart(login, args, call)

    def _media(self, call: Call, args: Args) -> Answer:
        """Not JSON, whatever is asked for."""
        if self._world.quirks.media_needs_sign_in and self.gate.who(call) is None:
            return Answer(401)
        return self.files.fetch(args.get("fileId", ""))

    def _refuse_mismatch(self, match: Match) -> None:
        broken = match.rest and not self._world.quirks.delete_member_route_works
        if match.operation.name == "DeleteChatMember" and broken:
            raise Refusal(400, "ArgumentException", "Could not find property memberId on DeleteChatMember")

    def _signed_in(self) -> dict[str, _Handler]:
        return {
            "NewSession": self.sessions.new,
            "GetSession": self.sessions.get,
            "ListSessions": self.sessions.browse,
            "GetMySessions": self.sessions.mine,
            "GetActiveSessions": self.sessions.mine,
            "PatchSession": self.sessions.patch,
            "EndSession": self.sessions.end,
            "InviteChatMember": self.sessions.invite,
            "DeleteChatMember": self.sessions.remove,
            "SendMessage": self.messages.send,
            "GetChatTranscript": self.messages.transcript,
            "ListMessages": self.messages.browse,
            "ListConversations": self.messages.conversations,
            "GetMyContacts": self._pickers.contacts,
            "GetAppConfig": self._pickers.config,
            "ListEndpoints": self._pickers.endpoints,
            "ListCustomers": self._pickers.customers,
            "NewDeviceToken": self._pickers.register_device,
            "UploadFile": self.files.upload,
        }


def bind(call: Call, match: Match, *, strict: bool) -> Args:
    """Body first, then query, then path, the later one winning. Raises Refusal (400).

    /json/reply takes the query for GET and DELETE and the body for the others, never both.
    """
    members = match.operation.members
    has_body = match.rest or call.verb in _WITH_BODY
    args = _bind_body(call, match, strict=strict) if has_body else {}
    if match.rest or not has_body:
        args |= bind_text(members, call.query)
    return args | bind_text(members, _path_values(match))


def _bind_body(call: Call, match: Match, *, strict: bool) -> Args:
    if call.content_type in FORMS:
        return bind_text(match.operation.members, form_pairs(call))
    if call.content_type in ("", "application/json", "text/json"):
        return bind_json(match.operation.members, call.body, strict=strict)
    return {}


def _path_values(match: Match) -> list[tuple[str, str]]:
    """The vendor's memberId, where the route is made to work, fills memberToRemove."""
    return [("memberToRemove" if name == "memberId" else name, value) for name, value in match.path_values]

"""Every operation the stand-in serves: routes, roles and request members, spelt as the API metadata spells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.evo.wire import Kind, Members

FLOW_CHANNELS = ("Voice", "Chat", "Fax")
DIRECTIONS = ("Incoming", "Outgoing")
CALL_STATES = ("Disconnected", "Ringing", "Connected", "Hold", "Passive")
QUEUE_STATES = ("None", "Queued", "Ringing", "Connected", "Hold", "Disconnected")
HOLD_REASONS = ("None", "Transferring")
SORT_ORDERS = ("Ascend", "Descend")
DEVICE_TYPES = ("Web", "iOS", "Android")
ENDPOINT_TYPES = ("PhoneNumber", "User", "Team", "Email", "Fax", "EmergencyAddress", "SipTrunk", "AssistantBot")

_TEXT, _FLAG, _TEXTS, _WHOLE = Kind.TEXT, Kind.FLAG, Kind.TEXTS, Kind.WHOLE
ANY = "*"
USER = frozenset({"User"})
OFFICE = frozenset({"SystemAdministrator", "Manager", "Customer"})
_PAGING: Members = {
    "page": _WHOLE,
    "countPerPage": _WHOLE,
    "all": _FLAG,
    "specificIds": _TEXTS,
    "sortField": _TEXT,
    "sortOrder": SORT_ORDERS,
    "simplifiedPaging": _FLAG,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`roles`: one of them is needed; empty means any signed-in login, `public` not even that.

    `verbs` are those that /json/reply/{name} takes.
    """

    name: str
    routes: tuple[str, ...]
    members: Members = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    public: bool = False

    @property
    def verbs(self) -> frozenset[str]:
        """The verbs of its routes; `*` stands for all."""
        return frozenset(route.split()[0] for route in self.routes)


OPERATIONS = (
    Operation("GetAuthStatus", ("GET /auth/status",), public=True),
    Operation(
        "Authenticate",
        tuple(f"{verb} {path}" for verb in ("POST", "GET", "DELETE") for path in ("/auth", "/auth/{provider}")),
        {"provider": _TEXT, "userName": _TEXT, "password": _TEXT, "rememberMe": _FLAG},
        public=True,
    ),
    Operation(
        "NewSession",
        ("POST /sessions",),
        {
            "displayName": _TEXT,
            "channel": FLOW_CHANNELS,
            "direction": DIRECTIONS,
            "callState": CALL_STATES,
            "fromAddress": _TEXT,
            "fromName": _TEXT,
            "toAddress": _TEXT,
            "parentSessionId": _TEXT,
            "customerId": _TEXT,
            "withAddress": _TEXT,
            "fromPhoneNumber": _TEXT,
            "destination": _TEXT,
            "memberEmailAddresses": _TEXTS,
            "startSession": _FLAG,
        },
        USER,
    ),
    Operation(
        "ListSessions",
        ("GET /sessions",),
        {
            "accountIds": _TEXTS,
            "searchArchive": _FLAG,
            "startDate": _TEXT,
            "endDate": _TEXT,
            "customerIds": _TEXTS,
            "endpointIds": _TEXTS,
            "from": _TEXT,
            "to": _TEXT,
            "log": _TEXT,
            "parentSessionId": _TEXT,
            **_PAGING,
        },
    ),
    Operation(
        "DeleteSessions",
        ("DELETE /sessions",),
        {"accountId": _TEXT, "startDateTime": _TEXT, "endDateTime": _TEXT},
        public=True,
    ),
    Operation("GetMySessions", ("GET /sessions/my",), roles=USER),
    Operation("GetActiveSessions", ("GET /sessions/active",), roles=USER),
    Operation("GetSession", ("GET /sessions/{sessionId}",), {"sessionId": _TEXT}),
    Operation(
        "PatchSession",
        ("PATCH /sessions/{sessionId}",),
        {
            "sessionId": _TEXT,
            "consoleData": _TEXT,
            "callState": CALL_STATES,
            "holdReason": HOLD_REASONS,
            "queueState": QUEUE_STATES,
        },
    ),
    Operation("EndSession", ("DELETE /sessions/{sessionId}",), {"sessionId": _TEXT, "callSid": _TEXT}, USER),
    Operation(
        "InviteChatMember",
        ("POST /sessions/{sessionId}/members",),
        {"sessionId": _TEXT, "memberToAdd": _TEXT, "callerId": _TEXT},
        USER,
    ),
    # The route says memberId, the request type memberToRemove: the vendor's mismatch, kept.
    Operation(
        "DeleteChatMember",
        ("DELETE /sessions/{sessionId}/members/{memberId}",),
        {"sessionId": _TEXT, "memberToRemove": _TEXT},
        USER,
    ),
    Operation(
        "SendMessage",
        ("POST /sessions/{sessionId}/messages", "* /messages"),
        {"sessionId": _TEXT, "endpointId": _TEXT, "toAddress": _TEXT, "body": _TEXT},
        USER,
    ),
    Operation(
        "GetChatTranscript",
        ("GET /sessions/{sessionId}/transcript",),
        {"sessionId": _TEXT, "includeHistorical": _FLAG, "historicalCutOffDate": _TEXT},
        USER,
    ),
    Operation(
        "ListMessages",
        ("GET /messages",),
        {
            "accountIds": _TEXTS,
            "customerIds": _TEXTS,
            "endpointIds": _TEXTS,
            "conversationIds": _TEXTS,
            "afterDate": _TEXT,
            **_PAGING,
        },
    ),
    Operation(
        "ListConversations",
        ("GET /conversations",),
        {"accountIds": _TEXTS, "endpointIds": _TEXTS, "customerIds": _TEXTS, "afterDate": _TEXT},
    ),
    Operation("GetMyContacts", ("GET /app/contacts",), roles=USER),
    Operation(
        "GetAppConfig",
        ("GET /app/config",),
        {"deviceType": DEVICE_TYPES, "pushCredentialSid": _TEXT, "applicationSid": _TEXT, "sandbox": _FLAG},
        USER,
    ),
    Operation("NewDeviceToken", ("POST /app/tokens",), {"deviceType": DEVICE_TYPES, "token": _TEXT}, USER),
    Operation(
        "UploadFile",
        ("POST /app/files",),
        {"data": _TEXT, "fileName": _TEXT, "contentType": _TEXT, "convertToWav": _FLAG},
        USER,
    ),
    Operation("AppUploadFile", ("POST /app/file",), {"fileName": _TEXT, "accountId": _TEXT, "customerId": _TEXT}),
    Operation("GetMedia", ("GET /media/{fileId}",), {"fileId": _TEXT}, public=True),  # ours: see files.py
    Operation(
        "ListEndpoints",
        ("GET /endpoints",),
        {
            "accountIds": _TEXTS,
            "customerIds": _TEXTS,
            "nameFilter": _TEXT,
            "phoneNumberFilter": _TEXT,
            "type": ENDPOINT_TYPES,
            "types": _TEXTS,
            **_PAGING,
        },
        OFFICE,
    ),
    Operation(
        "ListCustomers",
        ("GET /customers",),
        {"accountIds": _TEXTS, "nameFilter": _TEXT, "parentCustomerIds": _TEXTS, **_PAGING},
        OFFICE,
    ),
)

BY_NAME: Mapping[str, Operation] = {operation.name.lower(): operation for operation in OPERATIONS}


@dataclass(frozen=True, slots=True)
class Match:
    """An operation found for a request. `rest` is False when it came by /json/reply."""

    operation: Operation
    path_values: tuple[tuple[str, str], ...] = ()
    rest: bool = True
    verb_allowed: bool = True


@dataclass(frozen=True, slots=True)
class _Route:
    operation: Operation
    verb: str
    parts: tuple[str, ...]

    @property
    def weight(self) -> tuple[bool, int]:
        """Named verbs before `*`, fewer variables first: /sessions/my before /sessions/{sessionId}."""
        return self.verb == ANY, sum(part.startswith("{") for part in self.parts)

    def values(self, verb: str, segments: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
        """The path variables, or None when the request is not for this route."""
        if self.verb not in (verb, ANY) or len(segments) != len(self.parts):
            return None
        pairs = list(zip(self.parts, segments, strict=True))
        if any(not part.startswith("{") and part != segment.lower() for part, segment in pairs):
            return None
        return tuple((part[1:-1], segment) for part, segment in pairs if part.startswith("{"))


def _routes() -> list[_Route]:
    found = []
    for operation in OPERATIONS:
        for route in operation.routes:
            verb, path = route.split()
            found.append(_Route(operation, verb, tuple(path.strip("/").split("/"))))
    return sorted(found, key=lambda route: route.weight)


_ROUTES = _routes()
_REPLY = ("json", "reply")


def match(verb: str, segments: tuple[str, ...]) -> Match | None:
    """The operation of a request, or None (404 in plain text)."""
    segments = _without_suffix(segments)
    if tuple(part.lower() for part in segments[:2]) == _REPLY and len(segments) == len(_REPLY) + 1:
        return _reply_match(verb, segments[-1])
    for route in _ROUTES:
        if (values := route.values(verb, segments)) is not None:
            return Match(route.operation, values)
    return None


def _without_suffix(segments: tuple[str, ...]) -> tuple[str, ...]:
    if segments and segments[-1].lower().endswith(".json"):
        return (*segments[:-1], segments[-1][: -len(".json")])
    return segments


def _reply_match(verb: str, name: str) -> Match | None:
    operation = BY_NAME.get(name.lower())
    if operation is None:
        return None
    return Match(operation, rest=False, verb_allowed=bool({verb, ANY} & operation.verbs))

"""Who is calling: Basic, cookies or X-ss headers; signing in and out; roles."""

import base64
import binascii
import secrets
import sqlite3

from sandbox.evo.operations import Operation
from sandbox.evo.quirks import SignedOutStatus
from sandbox.evo.seeds import Login
from sandbox.evo.sessions import DAY, Info
from sandbox.evo.wire import Answer, Args, Call, Headers, Refusal, Reply
from sandbox.evo.world import World

_TEMPORARY, _PERMANENT = 14 * DAY, 28 * DAY  # the framework's own lifetimes
_FOREVER = "expires=Tue, 01 Jan 2097 00:00:00 GMT"


class Gate:
    """The only judge of who may do what. Sign-ins live in the file, so a restart keeps them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store

    # For every request

    def who(self, call: Call) -> Login | None:
        """The login of a request, None for a stranger. Raises Refusal (401 with a body) for wrong Basic ones."""
        if basic := _basic(call):
            return self._checked(*basic)
        row = self._sign_in(call)
        return None if row is None else self._world.people.login(row["email"])

    def admit(self, operation: Operation, call: Call) -> Login:
        """The login, if it may. Raises Refusal: empty 401 for strangers, empty 403 for the wrong roles."""
        login = self.who(call)
        if login is None:
            raise Refusal(401, headers=(("WWW-Authenticate", 'basic realm="/auth/basic"'),))
        if operation.roles and not operation.roles & set(login.roles):
            raise Refusal(403, reason="Invalid Role")
        return login

    def greeting(self, call: Call) -> Headers:
        """The cookies a Basic request without a live sign-in is given along with its answer."""
        basic = _basic(call)
        if basic is None or not self._world.quirks.basic_sets_cookies or self._sign_in(call):
            return ()
        return self._open(basic[0], permanent=False)[1]

    # Operations

    def authenticate(self, call: Call, args: Args) -> Reply:
        """Authenticate: POST with credentials; /auth/logout or DELETE signs out; a bare GET says who one is."""
        provider = args.get("provider", "credentials").lower()
        if provider == "logout" or call.verb == "DELETE":
            return self._sign_out(call)
        if provider not in ("credentials", "basic"):
            raise Refusal(404, "NotFound", f"No configuration was added for OAuth provider '{provider}'")
        if call.verb == "GET":
            return self._introduce(call)
        return self._credentials(args)

    def status(self, call: Call, _args: Args) -> Reply:
        """GetAuthStatus: a UserInfo, or what the quirk says for strangers."""
        login = self.who(call)
        if login is not None:
            return Reply(self._user_info(login))
        match self._world.quirks.signed_out_status:
            case SignedOutStatus.OBJECT:
                return Reply({"isAuthenticated": False})
            case SignedOutStatus.EMPTY:
                return Reply(status=200)
            case SignedOutStatus.NO_CONTENT:
                return Reply(status=204)

    def expire(self, email: str | None = None) -> int:
        """End the sign-ins of one login, or of all; how many there were."""
        return self._store.run("DELETE FROM sign_ins WHERE ?1 IS NULL OR lower(email) = lower(?1)", email)

    def expire_of(self, call: Call) -> None:
        """End the sign-in a request came with, if it has one."""
        if row := self._sign_in(call):
            self._store.run("DELETE FROM sign_ins WHERE id = ?", row["id"])

    # Parts

    def _checked(self, email: str, password: str) -> Login:
        login = self._world.people.login(email)
        if login is None or not secrets.compare_digest(login.password.encode(), password.encode()):
            raise Refusal(401, "Unauthorized", "Invalid Username or Password")
        return login

    def _credentials(self, args: Args) -> Reply:
        missing = [field for field, name in (("UserName", "userName"), ("Password", "password")) if not args.get(name)]
        if missing:
            raise Refusal(400, "NotEmpty", f"'{missing[0]}' must not be empty.", fields=missing)
        login = self._checked(args["userName"], args["password"])
        session_id, cookies = self._open(login.email, permanent=args.get("rememberMe", False))
        return Reply(self._auth_response(login, session_id), headers=cookies)

    def _open(self, email: str, *, permanent: bool) -> tuple[str, Headers]:
        temporary_id, permanent_id = secrets.token_urlsafe(15), secrets.token_urlsafe(15)
        until = self._world.clock.now() + (_PERMANENT if permanent else _TEMPORARY)
        self._store.insert(
            "sign_ins", id=temporary_id, permanent_id=permanent_id, permanent=permanent, email=email, until=until
        )
        cookies = (
            f"ss-id={temporary_id}; path=/; samesite=lax; httponly",
            f"ss-pid={permanent_id}; {_FOREVER}; path=/; samesite=lax; httponly",
            f"ss-opt={'perm' if permanent else 'temp'}; {_FOREVER}; path=/; samesite=lax; httponly",
        )
        headers = tuple(("Set-Cookie", cookie) for cookie in cookies)
        return permanent_id if permanent else temporary_id, headers

    def _sign_in(self, call: Call) -> sqlite3.Row | None:
        """With ss-opt=perm the permanent id names the sign-in, else the temporary one."""
        column, name = ("permanent_id", "ss-pid") if _token(call, "ss-opt") == "perm" else ("id", "ss-id")
        return self._store.one(
            f"SELECT * FROM sign_ins WHERE {column} = ? AND permanent = ? AND until > ?",
            _token(call, name),
            name == "ss-pid",
            self._world.clock.now(),
        )

    def _sign_out(self, call: Call) -> Reply:
        self.expire_of(call)
        gone = "expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"
        return Reply({}, headers=tuple(("Set-Cookie", f"{name}=; {gone}") for name in ("ss-id", "ss-pid", "ss-opt")))

    def _introduce(self, call: Call) -> Reply:
        login = self.who(call)
        if login is None:
            raise Refusal(401, "Unauthorized", "Not Authenticated")
        return Reply(self._auth_response(login, _token(call, "ss-id")))

    def _auth_response(self, login: Login, session_id: str) -> Info:
        return {
            "userId": login.endpoint_id or login.email,
            "sessionId": session_id,
            "userName": login.email,
            "displayName": login.name,
            "roles": list(login.roles),
            "permissions": [],
        }

    def _user_info(self, login: Login) -> Info:
        first, _, last = login.name.partition(" ")
        return {
            "id": login.endpoint_id or login.email,
            "isAuthenticated": True,
            "firstName": first,
            "lastName": last,
            "name": login.name,
            "emailAddress": login.email,
            "roles": list(login.roles),
            "accountIds": list(login.account_ids),
            "accountNames": [self._world.people.account(item).name for item in login.account_ids],
            "dashboardPermissions": [],
        }


def with_cookies(answer: Answer, cookies: Headers) -> Answer:
    """The answer with further headers."""
    if not cookies:
        return answer
    return Answer(answer.status, answer.body, answer.content_type, answer.reason, (*answer.headers, *cookies))


def _token(call: Call, name: str) -> str:
    """The X-ss header before the cookie, as the framework looks."""
    return call.headers.get(f"X-{name}") or call.cookies.get(name, "")


def _basic(call: Call) -> tuple[str, str] | None:
    """E-mail and password of a Basic header; one without a password counts for nothing."""
    scheme, _, text = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        email, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (email, password) if email and password else None

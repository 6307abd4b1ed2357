"""Sessions and their members: open, read, list, patch, invite, remove, end."""

import json
import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from sandbox.evo.listing import chosen, contains, field_of, listed
from sandbox.evo.quirks import RepeatInvite, UnknownPerson
from sandbox.evo.records import EffectKind
from sandbox.evo.records import Session as SessionRecord
from sandbox.evo.seeds import Login, User
from sandbox.evo.wire import Args, Moment, Refusal, moment_of
from sandbox.evo.world import World

DAY = 86_400_000_000
ARCHIVED_AFTER = 15 * DAY
Info = dict[str, Any]
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_HIDDEN = ("withAddress", "parentSessionId", "memberEmailAddresses", "startSession")
_COPIED = ("displayName", "fromName", "toAddress", "fromPhoneNumber", "destination")


def is_phone(text: str) -> bool:
    """Whether `text` is an E.164 number."""
    return _PHONE.fullmatch(text) is not None


class Sessions:
    """The rules of sessions. Handlers take the caller and the bound members and give wire objects."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store

    # Operations

    def new(self, login: Login, args: Args) -> Info:
        """NewSession."""
        caller = self._world.people.user_of(login)
        with self._store.transaction():
            session_id = self._insert(login, caller, args)
            for person in self._founders(caller, args):
                self.add_member(session_id, user_member(person, original=True, creator=person is caller))
            self.log(session_id, f"Session started by {login.name}")
            self._world.effect(EffectKind.OPENED, session_id, login=login.email, **args)
        return self.info(self.row(session_id), log=False)

    def get(self, login: Login, args: Args) -> Info:
        """GetSession: the log is blank, whatever is in it."""
        return self.info(self.find(login, args), log=False)

    def browse(self, login: Login, args: Args) -> Info:
        """ListSessions: newest first, with the log; archived ones only with searchArchive."""
        if not self._world.quirks.list_sessions_for_users and set(login.roles) <= {"User"}:
            raise Refusal(403, reason="Invalid Role")
        rows = [row for row in self._candidates(args) if self._wanted(login, args, row)]
        return dict(listed(rows, args, self._sort_value, lambda row: self.info(row, log=True)))

    def mine(self, login: Login, _args: Args) -> Info:
        """GetMySessions and GetActiveSessions: those not ended that the caller is in, oldest first."""
        caller = self._world.people.user_of(login)
        rows = self._store.all(
            "SELECT * FROM sessions WHERE completed IS NULL AND id IN"
            " (SELECT session FROM members WHERE gone IS NULL AND identity = ?) ORDER BY n",
            caller.email,
        )
        return {"sessions": [self.info(row, log=False) for row in rows if not self._archived(row)]}

    def patch(self, login: Login, args: Args) -> Info:
        """PatchSession: sparse."""
        row = self.find(login, args)
        changes = {name: value for name, value in args.items() if name != "sessionId"}
        with self._store.transaction():
            self.change(row["id"], changes)
            self._world.effect(EffectKind.PATCHED, row["id"], login=login.email, **changes)
        return self.info(self.row(row["id"]), log=False)

    def end(self, login: Login, args: Args) -> None:
        """EndSession."""
        row = self.find(login, args)
        if row["completed"] is None:
            self.finish(row["id"], login.email)
        elif self._world.quirks.second_end_status != 204:  # noqa: PLR2004  the status of success
            raise Refusal(self._world.quirks.second_end_status, "NotFound", "Session has ended")

    def bulk_delete(self, _call: object, _args: Args) -> None:
        """DeleteSessions: never carried out."""
        raise Refusal(500, "NotSupportedException", "bulk delete attempted")

    def invite(self, login: Login, args: Args) -> Info:
        """InviteChatMember."""
        row = self.find(login, args)
        self.must_be_live(row)
        wanted = args.get("memberToAdd", "").strip()
        if not wanted:
            raise Refusal(400, "ArgumentNullException", "memberToAdd is required", fields=["MemberToAdd"])
        with self._store.transaction():
            member, why = self._invitee(row, wanted)
            if member is None:
                self._world.effect(EffectKind.INVITE_IGNORED, row["id"], identity=wanted, why=why)
            else:
                self.add_member(row["id"], member)
                self.log(row["id"], f"{member['displayName']} was invited by {login.name}")
                self._world.effect(
                    EffectKind.INVITED, row["id"], identity=member["identity"], caller_id=args.get("callerId")
                )
        return self.info(self.row(row["id"]), log=False)

    def remove(self, login: Login, args: Args) -> Info:
        """DeleteChatMember."""
        row = self.find(login, args)
        self.must_be_live(row)
        identity = args.get("memberToRemove", "")
        with self._store.transaction():
            if not self.drop_member(row["id"], identity):
                raise Refusal(404, "NotFound", f"{identity!r} is not a member")
            self.log(row["id"], f"{identity} was removed by {login.name}")
            self._world.effect(EffectKind.REMOVED, row["id"], identity=identity)
        return self.info(self.row(row["id"]), log=False)

    # Parts, also used by messages and by the control surface

    def row(self, session_id: str) -> sqlite3.Row:
        """A session that must be there. Raises LookupError."""
        row = self._store.one("SELECT * FROM sessions WHERE id = ?", session_id)
        if row is None:
            raise LookupError(f"no session {session_id!r}")
        return row

    def find(self, login: Login, args: Args) -> sqlite3.Row:
        """The live session of `sessionId`. Raises Refusal: unknown or archived, or of another account (403)."""
        row = self._store.one("SELECT * FROM sessions WHERE id = ?", args.get("sessionId", ""))
        if row is None or self._archived(row):
            status = self._world.quirks.unknown_id_status
            raise Refusal(status, "NotFound" if status < 500 else "NullReferenceException", "Session not found")  # noqa: PLR2004  5xx are crashes
        if row["account"] not in login.account_ids:
            raise Refusal(403, "Forbidden", "The session belongs to another account")
        return row

    def must_be_live(self, row: sqlite3.Row) -> None:
        """Raises Refusal for an ended session, with the status the quirk says; 200 lets it pass."""
        status = self._world.quirks.ended_session_status
        if row["completed"] is not None and status != 200:  # noqa: PLR2004  the status of success
            raise Refusal(status, "NotFound" if status == 404 else "InvalidOperationException", "Session has ended")  # noqa: PLR2004  its usual code

    def members(self, session_id: str) -> list[Info]:
        """Those present, in order of joining."""
        rows = self._store.all("SELECT info FROM members WHERE session = ? AND gone IS NULL ORDER BY n", session_id)
        return [json.loads(row["info"]) for row in rows]

    def member(self, session_id: str, identity: str) -> Info | None:
        """A present member by identity, without regard to case."""
        wanted = identity.lower()
        return next((item for item in self.members(session_id) if item["identity"].lower() == wanted), None)

    def add_member(self, session_id: str, member: Info) -> None:
        """Let somebody in."""
        self._store.insert("members", session=session_id, identity=member["identity"], info=json.dumps(member))
        self.touch(session_id)

    def drop_member(self, session_id: str, identity: str) -> bool:
        """Let somebody go; False when there is nobody of that identity."""
        gone = self._store.run(
            "UPDATE members SET gone = ? WHERE session = ? AND lower(identity) = lower(?) AND gone IS NULL",
            self._world.clock.now(),
            session_id,
            identity,
        )
        self.touch(session_id)
        return gone > 0

    def log(self, session_id: str, message: str) -> None:
        """Add a line to the session's log."""
        self._store.insert("logs", session=session_id, at=self._world.clock.now(), message=message)

    def touch(self, session_id: str) -> None:
        """Move dateLastModified."""
        self._store.update("sessions", ("id", session_id), modified=self._world.clock.now())

    def change(self, session_id: str, changes: Info) -> None:
        """Set members of the SessionInfo."""
        info = json.loads(self.row(session_id)["info"]) | changes
        self._store.update("sessions", ("id", session_id), info=json.dumps(info))
        self.touch(session_id)

    def finish(self, session_id: str, by: str) -> None:
        """End a session that has not ended."""
        with self._store.transaction():
            self.change(session_id, {"ended": True, "callState": "Disconnected"})
            self._store.update("sessions", ("id", session_id), completed=self._world.clock.now())
            self.log(session_id, "Session ended")
            self._world.effect(EffectKind.ENDED, session_id, by=by)

    def parties(self, row: sqlite3.Row) -> set[str]:
        """Everybody who may speak: members and the addresses at either end."""
        info = json.loads(row["info"])
        ends = (info.get("toAddress"), info.get("destination"), info.get("fromAddress"))
        return {item["identity"] for item in self.members(row["id"])} | {end for end in ends if end}

    def live_with(self, party: str) -> sqlite3.Row | None:
        """The newest live session this party is in: where its later texts go."""
        rows = self._store.all("SELECT * FROM sessions WHERE completed IS NULL ORDER BY n DESC")
        return next((row for row in rows if party in self.parties(row) and not self._archived(row)), None)

    def info(self, row: sqlite3.Row, *, log: bool) -> Info:
        """The SessionInfo of a row, with or without its log."""
        lines = self._store.all("SELECT at, message FROM logs WHERE session = ? ORDER BY n", row["id"]) if log else []
        completed = row["completed"]
        return {
            "id": row["id"],
            "dateCreated": Moment(row["created"]),
            "dateLastModified": Moment(row["modified"]),
            **json.loads(row["info"]),
            "dateCompleted": None if completed is None else Moment(completed),
            "log": [{"date": Moment(line["at"]), "message": line["message"]} for line in lines],
            "members": self.members(row["id"]),
        }

    def records(self, newest: int = -1) -> Iterable[SessionRecord]:
        """Every session as checkers read it, oldest first; or so many of the newest."""
        sql = "SELECT * FROM (SELECT * FROM sessions ORDER BY n DESC LIMIT ?) ORDER BY n"
        for row in self._store.all(sql, newest):
            lines = self._store.all("SELECT message FROM logs WHERE session = ? ORDER BY n", row["id"])
            yield SessionRecord(
                id=row["id"],
                created=row["created"],
                modified=row["modified"],
                completed=row["completed"],
                info=json.loads(row["info"]),
                hidden=json.loads(row["hidden"]),
                members=self.members(row["id"]),
                log=[line["message"] for line in lines],
            )

    # Opening

    def _insert(self, login: Login, caller: User, args: Args) -> str:
        now = self._world.clock.now()
        session_id = self._store.new_id(now)
        self._store.insert(
            "sessions",
            id=session_id,
            account=caller.account_id,
            created=now,
            modified=now,
            info=json.dumps(self._new_info(login, caller, args)),
            hidden=json.dumps({name: args[name] for name in _HIDDEN if name in args}),
        )
        return session_id

    def _new_info(self, login: Login, caller: User, args: Args) -> Info:
        return {
            "createdBy": login.email,
            "lastModifiedBy": login.email,
            "dialState": "None",
            "callState": args.get("callState", "Connected"),
            "queueState": "None",
            "ended": False,
            "wasMissed": False,
            "holdReason": "None",
            "endpointId": caller.id,
            "endpointName": caller.name,
            "channel": args.get("channel", "Voice"),
            "direction": args.get("direction", "Outgoing"),
            "fromAddress": args.get("fromAddress") or login.email,
            **self._tenancy(caller, args.get("customerId")),
            **{name: args[name] for name in _COPIED if name in args},
        }

    def _tenancy(self, caller: User, customer_id: str | None) -> Info:
        people = self._world.people
        customer = people.customer(customer_id or caller.customer_id)
        if customer_id and (customer is None or customer.account_id != caller.account_id):
            raise Refusal(404, "NotFound", "Customer not found")
        return {
            "accountId": caller.account_id,
            "accountName": people.account(caller.account_id).name,
            "customerId": customer and customer.id,
            "customerName": customer and customer.name,
            "customerBreadcrumb": people.breadcrumb(customer.id if customer else None),
        }

    def _founders(self, caller: User, args: Args) -> list[User]:
        people, found = self._world.people, [caller]
        if with_address := args.get("withAddress"):
            found += self._known(people.addressed(caller.account_id, with_address), with_address)
        for email in args.get("memberEmailAddresses", []):
            user = people.by_email(caller.account_id, email)
            found += self._known([user] if user else [], email)
        return list(dict.fromkeys(found))

    def _known(self, found: list[User], asked: str) -> list[User]:
        if not found and self._world.quirks.unknown_person is UnknownPerson.REFUSE:
            raise Refusal(400, "ArgumentException", f"Unknown member '{asked}'")
        return found

    # Inviting

    def _invitee(self, row: sqlite3.Row, wanted: str) -> tuple[Info | None, str]:
        """The member to add, or None and why nobody is."""
        user = self._world.people.by_email(row["account"], wanted)
        if user is None and not is_phone(wanted):
            self._known([], wanted)
            return None, "unknown"
        member = user_member(user) if user else phone_member(wanted)
        if self.member(row["id"], member["identity"]) is None:
            return member, ""
        return self._repeated(member)

    def _repeated(self, member: Info) -> tuple[Info | None, str]:
        match self._world.quirks.repeat_invite:
            case RepeatInvite.REFUSE:
                raise Refusal(409, "Conflict", f"{member['identity']} is a member already")
            case RepeatInvite.DUPLICATE:
                return member, ""
            case RepeatInvite.IGNORE:
                return None, "member already"

    # Listing

    def _candidates(self, args: Args) -> list[sqlite3.Row]:
        if ids := args.get("specificIds"):
            marks = ", ".join("?" * len(ids))
            return self._store.all(f"SELECT * FROM sessions WHERE id IN ({marks}) ORDER BY n DESC", *ids)
        return self._store.all("SELECT * FROM sessions ORDER BY n DESC")

    def _wanted(self, login: Login, args: Args, row: sqlite3.Row) -> bool:
        return (
            row["account"] in login.account_ids
            and self._archived(row) == bool(args.get("searchArchive"))
            and _within_days(row["created"], args)
            and _fits(json.loads(row["info"]), args)
            and contains(json.loads(row["hidden"]).get("parentSessionId"), args.get("parentSessionId"))
            and ("log" not in args or self._log_contains(row["id"], args["log"]))
        )

    def _log_contains(self, session_id: str, part: str) -> bool:
        lines = self._store.all("SELECT message FROM logs WHERE session = ?", session_id)
        return any(contains(line["message"], part) for line in lines)

    def _sort_value(self, row: sqlite3.Row, name: str) -> Any:
        dates = {"dateCreated": row["created"], "dateLastModified": row["modified"]}
        return field_of(json.loads(row["info"]) | dates, name)

    def _archived(self, row: sqlite3.Row) -> bool:
        return bool(row["created"] < self._world.clock.now() - ARCHIVED_AFTER)


def user_member(user: User, *, original: bool = False, creator: bool = False) -> Info:
    """A SessionMemberInfo for somebody with the app."""
    return _member(user.email, user.name, user.id, original=original, role="Caller" if creator else "None")


def phone_member(number: str) -> Info:
    """A SessionMemberInfo for a cell phone."""
    return _member(number, number, None, original=False, role="None")


def _member(identity: str, name: str, endpoint_id: str | None, *, original: bool, role: str) -> Info:
    return {
        "identity": identity,
        "endpointId": endpoint_id,
        "displayName": name,
        "isOriginalMember": original,
        "applicationData": {},
        "callState": "None",
        "role": role,
        "muted": False,
    }


def _fits(info: Info, args: Args) -> bool:
    return (
        chosen(info["accountId"], args.get("accountIds"))
        and chosen(info["customerId"], args.get("customerIds"))
        and chosen(info["endpointId"], args.get("endpointIds"))
        and contains(info["fromAddress"], args.get("from"))
        and contains(info.get("toAddress"), args.get("to"))
    )


def _within_days(created: int, args: Args) -> bool:
    """Both days count wholly, by UTC."""
    if "startDate" in args and created < moment_of(args["startDate"], "startDate"):
        return False
    return "endDate" not in args or created < moment_of(args["endDate"], "endDate") + DAY

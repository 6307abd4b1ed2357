"""Random walks: whatever people, Slack, Evo Voice and the machine may do, in any order, one step after another.

After each step, and when everything has calmed down, the world is compared with what people asked for. A walk that
fails is shortened as far as possible and told as a list of steps. `python -m tests.faultlab.model SEED` walks again.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, core, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.model import (
    Actor,
    Answered,
    ChannelId,
    Email,
    Invitee,
    NewSessionRequest,
    Phone,
    SessionKey,
    SessionType,
    SlackName,
    TeamId,
    UserId,
)
from bot.views import missed
from bot.views.results import ACTION, unpack_answer
from sandbox.evo import Quirks
from sandbox.slack.seeds import ANNA, APP, BEN, BOT_USER, GUEST, SUPPORT, TEAM
from tests.faultlab.experiments import Verdict
from tests.faultlab.judge import Gestures, Judge, Opening, Typed, Violation
from tests.faultlab.town import Town

LOST, DOUBLED, ORDER, WRONG = "lost", "doubled", "out of order", "wrong"
EVO_PHONE, LAND = Phone("+12025550123", "US"), "+12025550100"  # who may be invited, and a number of Evo Voice's own
PEOPLE = ("joe@example.com", "mia@example.com", "nobody-here@example.com", EVO_PHONE.e164, "+4930123456")
MEMBERS = ("joe@example.com", "ana@example.com", EVO_PHONE.e164)
EVO_OPERATIONS = (
    "SendMessage", "SendMessage", "SendMessage", "NewSession", "NewSession", "InviteChatMember", "InviteChatMember",
    "EndSession", "GetChatTranscript", "GetChatTranscript", "ListSessions", "GetActiveSessions", "GetMySessions",
    "GetSession", "*",
)  # fmt: skip
EFFECTS = frozenset({"SendMessage", "NewSession", "InviteChatMember", "EndSession"})
EVO_FAULTS = (
    "429", "500", "502", "503", "401", "cut_before", "cut_after", "late", "slow", "drip", "garbage", "truncate", "down",
    "sign-ins end",
)  # fmt: skip
SLACK_METHODS = (
    "chat.postMessage", "chat.postMessage", "chat.update", "conversations.replies", "conversations.history",
    "reactions.add", "reactions.remove", "users.info", "*",
)  # fmt: skip
SLACK_FAULTS = (
    "ratelimited", "http_500", "http_503", "http_503_after", "error", "error_after", "cut_before", "cut_after", "slow",
)  # fmt: skip
DOUBTS = ("cut_before", "cut_after", "late", "late", "slow", "garbage", "503", "503 after", "429")
OTHERWISE = ("note", "note", "help", "dance", "elsewhere", "end")
GIVEN_UP = 400.0  # seconds after which Slack does not bring an event again
QUIET = 4 * 3600.0  # in which everything must have calmed down

pick = st.integers(0, 7)  # which of what there is, counted round
few = st.integers(1, 4)
people = st.sampled_from((ANNA, BEN))
doubts = st.sampled_from(("", "", *DOUBTS))  # what happens to the request that comes of it
moments = st.sampled_from((0.0, 0.3, 2.0))  # an idle lane waits 0.3 seconds before it sends
words = st.sampled_from(("ok", "ok", "Yes.", "new", "new", "new"))


class Broken(AssertionError):
    """The walk has come upon something that must not be."""

    def __init__(self, violations: list[Violation], steps: list[str]) -> None:
        self.violations, self.steps = violations, steps
        super().__init__("\n".join([*(f"{sort}: {what}" for sort, what in violations), "after", *steps]))


class Walk(RuleBasedStateMachine):
    """One walk. `folder` is where its file lies while it goes on."""

    folder: Path
    tally: Counter[str]
    found: list[Broken]

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.people = Gestures()
        self.serial = itertools.count(1)
        self.undelivered: list[Typed] = []
        self.buttons: list[tuple[str, str]] = []
        self.echoed: set[str] = set()
        self.broken = _Broken()
        self.armed = 0  # steps until the bot is killed
        self.kill_at = (0.0, 0)  # seconds and turns of the loop after the last of them
        self.again = False

    @initialize(
        confirm=st.booleans(),
        pace=st.sampled_from((0.0, 0.4, 2.0, 8.0)),
        quirks=st.fixed_dictionaries(
            {
                "from_format": st.sampled_from(("email", "name")),
                "transcript_order": st.sampled_from(("oldest_first", "newest_first")),
                "repeat_invite": st.sampled_from(("ignore", "duplicate", "refuse")),
                "list_sessions_for_users": st.booleans(),
                "ended_session_status": st.sampled_from((400, 404)),
                "second_end_status": st.sampled_from((204, 404)),
            }
        ),
    )
    def begin(self, confirm: bool, pace: float, quirks: dict[str, Any]) -> None:
        self._tell(f"begin: phones are {'' if confirm else 'not '}asked about, Evo Voice is {quirks}")
        self._tell(f"after each step {pace} s pass")
        self.pace = pace
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.town = Town(self.place / "evobot.db", Quirks().changed(quirks), confirm=confirm)
        self.judge = Judge(self.town, self.people)
        self.broken.listen()
        self.town.start()
        self._open("Boiler", "Chat", ANNA, ("joe@example.com",), "")
        self.town.wait(1)

    # What people do in forms

    @precondition(lambda self: self.town.running and len(self.people.openings) < 4)
    @rule(
        name=st.sampled_from(("Boiler", "Roof")),
        kind=st.sampled_from(("Chat", "Chat", "Chat", "Voice")),
        by=st.sampled_from((ANNA, ANNA, BEN, GUEST)),
        who=st.sets(st.sampled_from((*PEOPLE[:3], EVO_PHONE.e164)), max_size=2),
        first=st.sampled_from(("", "", "Good morning.")),
        twice=st.booleans(),
        trouble=doubts,
    )
    def open(self, name: str, kind: str, by: str, who: set[str], first: str, twice: bool, trouble: str) -> None:
        self._doubt("NewSession", trouble)
        gesture = self._open(name, kind, by, tuple(sorted(who)), first if kind == "Chat" else "")
        self._tell(f"{_who(by)} opens {kind} {name} with {sorted(who)}, saying “{first}”{', twice' if twice else ''}")
        if twice:
            self._ask_to_open(gesture, name, kind, by, tuple(sorted(who)), first if kind == "Chat" else "")

    @precondition(lambda self: self.town.running)
    @rule(
        n=pick,
        who=st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
        sure=st.booleans(),
        by=people,
        trouble=doubts,
    )
    def invite(self, n: int, who: set[str], sure: bool, by: str, trouble: str) -> None:
        self._doubt("InviteChatMember", trouble)
        key, name = self._session(n), SlackName(f"{TEAM}/view/I{next(self.serial)}")
        for person in who:
            if _may_be_invited(person) and (sure or not self.town.house.confirm_phones or "@" in person):
                self.people.invited[key, person] += 1
        invitees = [_invitee(person) for person in sorted(who)]
        self._tell(f"{_who(by)} invites {sorted(who)} into session {key}{', confirmed' if sure else ''}")
        self.town.ask(lambda bridge: bridge.invite(SessionKey(key), invitees, _actor(by), name, confirmed=sure))

    @precondition(lambda self: self.town.running and len(self._live(known=True)) > 1)
    @rule(n=pick, by=people)
    def end(self, n: int, by: str) -> None:
        key, name = self._session(n), SlackName(f"{TEAM}/click/E{next(self.serial)}")
        self._tell(f"{_who(by)} ends session {key} on its card")
        self.town.ask(lambda bridge: bridge.end(SessionKey(key), _actor(by), name))

    @precondition(lambda self: self.town.running and self._see_buttons())
    @rule(n=pick, by=people)
    def click(self, n: int, by: str) -> None:
        """The newest buttons first; those of long ago are pressed as well."""
        action, value = self.buttons[-1 - n % len(self.buttons)]
        if action.startswith(missed.ACTION):
            first, count, answer = missed.unpack_missed(action, value)
            items = self._waiting(first)
            came_of_it = self.town.ask(lambda bridge: bridge.answer_missed(first, count, answer, _actor(by)))
        else:
            first, answer = unpack_answer(action, value)
            items = [first]
            came_of_it = self.town.ask(lambda bridge: bridge.answer(first, answer, _actor(by)))
        self._tell(f"{_who(by)} answers “{answer}” to {action.partition(':')[0]} {value}: {came_of_it}")
        if came_of_it is Answered.TAKEN:
            self._decided(items, str(answer))

    # What people write

    @precondition(lambda self: self._threads())
    @rule(
        n=pick,
        by=st.sampled_from((ANNA, BEN, BEN, GUEST)),
        text=words,
        at_once=st.sampled_from((True, True, False)),
        trouble=doubts,
    )
    def say(self, n: int, by: str, text: str, at_once: bool, trouble: str) -> None:
        self._doubt("SendMessage", trouble)
        self._write(n, by, f"line {next(self.serial)}" if text == "new" else text, "reply", at_once)

    @precondition(lambda self: self.town.running and self._threads())
    @rule(n=pick, order=st.permutations((0, 1, 2)), trouble=doubts)
    def say_much(self, n: int, order: list[int], trouble: str) -> None:
        """Slack brings them in whatever order."""
        self._doubt("SendMessage", trouble)
        said = [self._write(n, by, f"line {next(self.serial)}", "reply", at_once=False) for by in (ANNA, BEN, ANNA)]
        for place in order:
            self._deliver(said[place])

    @precondition(lambda self: self._threads())
    @rule(n=pick, by=st.sampled_from((ANNA, BEN, GUEST)), who=st.sampled_from(PEOPLE), at_once=st.booleans())
    def ask_to_invite(self, n: int, by: str, who: str, at_once: bool) -> None:
        typed = self._write(n, by, f"<@{BOT_USER}> invite {who}", "command", at_once)
        session = self._session_under(typed.thread)
        asked_about = self.town.house.confirm_phones and "@" not in who
        if by != GUEST and _may_be_invited(who) and not asked_about:
            self.people.invited[session, who] += 1

    @precondition(lambda self: self._threads())
    @rule(n=pick, by=st.sampled_from((ANNA, BEN, GUEST)), what=st.sampled_from(OTHERWISE), at_once=st.booleans())
    def write_otherwise(self, n: int, by: str, what: str, at_once: bool) -> None:
        """Nothing that anybody over there should read."""
        if what == "elsewhere":
            root = self.town.do(self.town.slack.say(by, SUPPORT, "something else"))
            self._type(root, by, f"elsewhere {next(self.serial)}", "stray", at_once=True)
        elif what == "note":
            self._write(n, by, f"note: inside {next(self.serial)}", "note", at_once)
        else:
            self._write(n, by, f"<@{BOT_USER}> {what}", "command", at_once)

    # What Slack does

    @precondition(lambda self: self.town.running and self.undelivered)
    @rule(n=pick)
    def deliver(self, n: int) -> None:
        """In any order."""
        self._deliver(self.undelivered[n % len(self.undelivered)])

    @precondition(lambda self: self.town.running and self.people.typed)
    @rule(n=pick, twin=st.booleans())
    def deliver_again(self, n: int, twin: bool) -> None:
        typed = list(self.people.typed.values())[-1 - n % len(self.people.typed)]
        self._deliver(typed, "app_mention" if twin and typed.text.startswith("<@") else "message")

    # What the other side does

    @precondition(lambda self: self._live())
    @rule(n=pick, who=pick, text=st.sampled_from(("ok", "ok", "hear", "hear", "ours", "Stop.", "START")), other=pick)
    def hear(self, n: int, who: int, text: str, other: int) -> None:
        evo_id = self._live()[n % len(self._live())]
        senders = self._others(evo_id, known=text == "ours")
        if not senders:
            return
        sender, said = senders[who % len(senders)], f"word {next(self.serial)}" if text == "hear" else text
        replies = [typed.body for typed in self.people.typed.values() if typed.role == "reply"]
        if text == "ours" and replies:
            said = replies[-1 - other % len(replies)]
            self.echoed.add(sender)  # who has gone is known no more, and could be us
        self._tell(f"{sender} says “{said}” in {evo_id}")
        self.town.evo.hear(evo_id, sender, said)

    @rule(text=st.sampled_from(("ok", "new", "STOP", "start")))
    def text_in(self, text: str) -> None:
        said = f"text {next(self.serial)}" if text == "new" else text
        self._tell(f"{EVO_PHONE.e164} texts “{said}”")
        self.town.evo.text(EVO_PHONE.e164, LAND, said)

    @precondition(lambda self: self._live())
    @rule(n=pick, who=st.sampled_from(MEMBERS), comes=st.booleans())
    def come_or_go(self, n: int, who: str, comes: bool) -> None:
        evo_id = self._live()[n % len(self._live())]
        there = who in self._members(evo_id)
        if there != comes and who not in self.echoed:
            self._tell(f"{who} {'joins' if comes else 'leaves'} {evo_id}")
            (self.town.evo.join if comes else self.town.evo.leave)(evo_id, who)

    @precondition(lambda self: len(self._live(known=True)) > 1)
    @rule(n=pick)
    def end_over_there(self, n: int) -> None:
        evo_id = self._live(known=True)[n % len(self._live(known=True))]
        self._tell(f"{evo_id} ends over there")
        self.town.evo.end(evo_id)

    # What administrators do

    @precondition(lambda self: self.town.running and not self.people.is_stopped)
    @rule(shown=st.booleans())
    def stop_everything(self, shown: bool) -> None:
        self._tell("everything is stopped")
        assert self.town.ask(lambda bridge: bridge.stop_everything(_actor(ANNA), "a wrong list" if shown else ""))
        self.judge.stopped()

    @precondition(lambda self: self.town.running and self.people.is_stopped)
    @rule()
    def go_on(self) -> None:
        self._tell("everything goes on")
        assert self.town.ask(lambda bridge: bridge.go_on(_actor(ANNA)))
        self.judge.goes_on()

    @precondition(lambda self: self.town.running)
    @rule()
    def lift(self) -> None:
        self._tell(f"what stands against {EVO_PHONE.e164} is lifted")
        self.town.ask(lambda bridge: bridge.lift(EVO_PHONE.e164[1:], _actor(ANNA)))

    # What goes wrong

    @rule(
        kind=st.sampled_from(EVO_FAULTS),
        operation=st.sampled_from(EVO_OPERATIONS),
        times=few,
        seconds=st.sampled_from((1, 20, 50)),
        after=st.booleans(),
        hang=st.booleans(),
    )
    def trouble_at_evo(self, kind: str, operation: str, times: int, seconds: int, after: bool, hang: bool) -> None:
        if kind == "sign-ins end":
            self._tell("sign-ins at Evo Voice end")
            self.town.evo.expire_sign_ins()
            return
        options = {"after": after} if kind in {"500", "502", "503"} else {}
        options |= {"seconds": seconds, "hang": hang} if kind == "late" else {}
        options |= {"seconds": seconds} if kind in {"slow", "drip", "429"} else {}
        self._tell(f"Evo Voice: {kind} {options} at the next {times} {operation}")
        self.town.evo.fault(kind, operation, times=None if kind == "down" else times, **options)

    @rule(
        kind=st.sampled_from(SLACK_FAULTS),
        method=st.sampled_from(SLACK_METHODS),
        times=few,
        error=st.sampled_from(("internal_error", "fatal_error")),
    )
    def trouble_at_slack(self, kind: str, method: str, times: int, error: str) -> None:
        options: dict[str, Any] = {"error": error} if kind.startswith("error") else {}
        self._tell(f"Slack: {kind} {options} at the next {times} {method}")
        self.town.slack.faults.order(method, kind, times=times, **options)

    @precondition(lambda self: any(fault.kind == "down" for fault in self.town.evo.faults()))
    @rule()
    def all_well(self) -> None:
        self._tell("nothing goes wrong any more")
        self._clear()

    # Time, and lives of the bot

    @rule(seconds=st.sampled_from((0.1, 0.5, 2, 5, 20, 20, 70, 70, 150)))
    def wait(self, seconds: float) -> None:
        self._tell(f"{seconds} s pass")
        self.town.wait(seconds)
        self._retry()

    @rule(seconds=st.sampled_from((30, 30, 100, 700, 1000, 3700)))
    def sleep(self, seconds: float) -> None:
        self._tell(f"the machine sleeps for {seconds} s")
        self.town.sleep(seconds)
        self.undelivered.clear()  # Slack has given up

    @rule(delay=moments, turns=st.integers(0, 60), again=st.sampled_from((True, True, False)))
    def crash(self, delay: float, turns: int, again: bool) -> None:
        """In the middle of whatever comes next."""
        self.kill_at, self.again, self.armed = (delay, turns), again, 2

    @rule(turns=st.integers(0, 40))
    def crash_while_sending(self, turns: int) -> None:
        self.kill_at, self.again, self.armed = (0.3, turns), True, 2

    @precondition(lambda self: self.town.running)
    @rule()
    def stop(self) -> None:
        self._tell("told to stop")
        self.town.stop()

    @precondition(lambda self: not self.town.running)
    @rule()
    def start(self) -> None:
        self._tell("started")
        self.town.start()

    # Judging

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "judge"):
            self._rest()
            self._complain([*self.judge.now(), *self.broken.told()])

    def teardown(self) -> None:
        if not hasattr(self, "judge"):
            return
        try:
            if sys.exc_info()[0] is None and not getattr(self, "failed", False):
                self._calm_down()
                self._complain([*self.judge.at_last(), *self.broken.told()])
                self._count()
        finally:
            self.broken.forget()
            self.town.close()
            shutil.rmtree(self.place)

    def _rest(self) -> None:
        """Each step is finished, or cut short."""
        self.armed -= 1
        if self.armed or not self.town.running:
            self.town.rest()
            self.town.wait(self.pace)
            return
        delay, turns = self.kill_at
        self._tell(f"killed after {delay} s and {turns} turns{', started again' if self.again else ''}")
        self.town.wait(delay)
        self.town.tick(turns)
        self.town.kill()
        if self.again:
            self.town.start()

    def _calm_down(self) -> None:
        self._tell("in the end everybody can be read again, and time passes")
        self._clear()
        if not self.town.running:
            self.town.start()
        for typed in list(self.undelivered):
            self._deliver(typed)
        waited = 0.0
        while waited < QUIET and not self._is_calm():
            self.town.wait(5 if waited < 300 else 120)
            waited += 5 if waited < 300 else 120
        self.town.kill()
        self.town.start()  # reads the threads; nothing else may come of it
        self.town.wait(12)
        while waited < QUIET and not self._is_calm():
            self.town.wait(30)
            waited += 30

    def _is_calm(self) -> bool:
        busy = self.town.rows(
            "SELECT 1 FROM item JOIN session ON session.key = item.session WHERE item.state IN ('sending', 'unknown') "
            "OR (item.state = 'pending' AND session.life <> 'failed') OR item.mark <> item.shown "
            "UNION ALL SELECT 1 FROM post WHERE state IN ('pending', 'sending') OR wanted <> shown LIMIT 1"
        )
        return not busy and self._all_heard()

    def _all_heard(self) -> bool:
        """Has the feed read everything, and seen which sessions are over?"""
        lines = Counter(row["session"] for row in self.town.rows("SELECT session FROM line WHERE item IS NULL"))
        over = {effect.session_id for effect in self.town.evo.effects(kind="ended")}
        heard = Counter(effect.session_id for effect in self.town.evo.effects(kind="heard"))
        return all(
            lines[row["key"]] >= heard[row["evo_id"]] and (row["evo_id"] not in over or row["life"] == "ended")
            for row in self.town.rows("SELECT * FROM session WHERE evo_id IS NOT NULL AND thread_ts IS NOT NULL")
        )

    def _complain(self, violations: list[Violation]) -> None:
        if violations:
            self.failed = True
            broken = Broken(violations, self.steps)
            self.found.append(broken)
            raise broken

    def _count(self) -> None:
        self.tally["walks"] += 1
        self.tally["steps"] += len(self.steps)
        self.tally["kills"] += sum(step.startswith("killed") for step in self.steps)
        self.tally["faults"] += sum(step.startswith(("Slack:", "Evo Voice:")) for step in self.steps)
        self.tally["messages"] += len(self.people.typed)
        self.tally["stops"] += sum(step == "everything is stopped" for step in self.steps)

    # How

    def _tell(self, step: str) -> None:
        self.steps.append(step)

    def _clear(self) -> None:
        """What is in store for single requests with an effect stays so."""
        kept = [fault for fault in self.town.evo.faults() if fault.operation in EFFECTS and fault.kind != "down"]
        self.town.evo.clear_faults()
        for fault in kept:
            self.town.evo.board.set(fault)
        self.town.slack.faults.clear()

    def _open(self, name: str, kind: str, by: str, who: tuple[str, ...], first: str) -> str:
        gesture = f"{TEAM}/view/V{next(self.serial)}/0"
        self.people.openings[gesture] = Opening(gesture, name, kind, by, first)
        key = self._ask_to_open(gesture, name, kind, by, who, first)
        self.people.invited[key, EVO_PHONE.e164] += EVO_PHONE.e164 in who
        return gesture

    def _ask_to_open(self, gesture: str, name: str, kind: str, by: str, who: tuple[str, ...], first: str) -> int:
        request = NewSessionRequest(
            type=SessionType(kind),
            name=name,
            emails=tuple(Email(person) for person in who if "@" in person),
            phones=tuple(EVO_PHONE for person in who if "@" not in person),
            first_message=first,
        )
        return self.town.ask(lambda bridge: bridge.open(request, _actor(by), ChannelId(SUPPORT), SlackName(gesture)))

    def _doubt(self, operation: str, trouble: str) -> None:
        if trouble:
            kind, _, after = trouble.partition(" ")
            self._tell(f"Evo Voice: {trouble} at the next {operation}")
            self.town.evo.fault(kind, operation, seconds=20, **({"after": True} if after else {}))

    def _session(self, n: int) -> int:
        keys = [row["key"] for row in self.town.rows("SELECT key FROM session ORDER BY key")]
        return int(keys[n % len(keys)])

    def _threads(self) -> list[str]:
        """Where people can reply: under the cards that stand in Slack."""
        return [message["ts"] for message in self.town.slack.messages(SUPPORT) if _shown_in(message)]

    def _session_under(self, thread: str) -> int:
        return _shown_in(self.town.slack.message(SUPPORT, thread))

    def _write(self, n: int, by: str, text: str, role: str, at_once: bool) -> Typed:
        threads = self._threads()
        return self._type(threads[n % len(threads)], by, text, role, at_once)

    def _type(self, thread: str, by: str, text: str, role: str, at_once: bool) -> Typed:
        ts = self.town.do(self.town.slack.say(by, SUPPORT, text, thread, raw=True))
        typed = self.people.typed[ts] = Typed(ts, thread, by, text, role)
        self._tell(f"{_who(by)} writes “{text}” under {thread}")
        self.undelivered.append(typed)
        if at_once and self.town.running:
            self._deliver(typed)
        return typed

    def _deliver(self, typed: Typed, kind: str = "message") -> None:
        message = self.town.slack.message(SUPPORT, typed.ts)
        event = {**message, "type": kind, "channel": SUPPORT, "channel_type": "channel"}
        payload = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event": event}
        known = self.town.rows("SELECT 1 FROM link WHERE thread_ts = ?", typed.thread)
        taken = self.town.bring(payload)
        self._tell(f"Slack brings “{typed.text}” ({kind}): {'taken' if taken else 'not taken'}")
        if taken:
            self.undelivered = [other for other in self.undelivered if other is not typed]
        if taken and known and typed.taken is None:  # under a card in doubt it is found when the thread is read
            typed.taken = self.town.loop.time()

    def _retry(self) -> None:
        """Slack brings what was not taken again, and gives up after a while."""
        for typed in list(self.undelivered):
            age = self.town.clock.now() - float(typed.ts)
            if age > GIVEN_UP:
                self.undelivered.remove(typed)
            elif age > GIVEN_UP / 2 and self.town.running:
                self._deliver(typed)

    def _see_buttons(self) -> bool:
        for message in self.town.slack.messages(SUPPORT):
            for block in message.get("blocks", ()):
                for element in block.get("elements", ()) if block["type"] == "actions" else ():
                    button = (element["action_id"], element.get("value", ""))
                    if button[0].startswith((ACTION, missed.ACTION)) and button not in self.buttons:
                        self.buttons.append(button)
        return bool(self.buttons)

    def _decided(self, items: list[int], answer: str) -> None:
        for item in items:
            self.people.answers[item, answer] += 1
            if answer == "yes":
                who = "coalesce(body ->> '$.phone[0]', body ->> '$.email') AS who"
                row = self.town.rows(f"SELECT session, {who} FROM item WHERE key = ?", item)[0]
                self.people.invited[row["session"], row["who"]] += 1

    def _waiting(self, first: int) -> list[int]:
        """What one question about several replies may be about."""
        sql = (
            "SELECT key FROM item WHERE state = 'needs_person' AND kind = 'say' "
            "AND session = (SELECT session FROM item WHERE key = ?)"
        )
        return [row["key"] for row in self.town.rows(sql, first)]

    def _live(self, *, known: bool = False) -> list[str]:
        """Sessions over there that have not ended; only those the bot has named, if wanted."""
        named = {row["evo_id"] for row in self.town.rows("SELECT evo_id FROM session")}
        live = [session.id for session in self.town.evo.sessions() if session.completed is None]
        return [evo_id for evo_id in live if evo_id in named or not known]

    def _members(self, evo_id: str) -> list[str]:
        session = next(session for session in self.town.evo.sessions() if session.id == evo_id)
        return [member["identity"] for member in session.members]

    def _others(self, evo_id: str, *, known: bool) -> list[str]:
        others = [person for person in self._members(evo_id) if person != "bot@example.com"]
        rows = self.town.rows("SELECT members FROM session WHERE evo_id = ?", evo_id)
        return [person for person in others if not known or (rows and person in rows[0]["members"])]


class _Broken(logging.Handler):
    """Hears what the bot says of its own mistakes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._found: list[Violation] = []

    def listen(self) -> None:
        for name in ("bot", "handlers", "asyncio"):
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).propagate = False

    def forget(self) -> None:
        for name in ("bot", "handlers", "asyncio"):
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.name == "asyncio" or "broke" in record.msg:
            self._found.append((WRONG, self.format(record)))

    def told(self) -> list[Violation]:
        found, self._found = self._found, []
        return found


def _shown_in(message: dict[str, Any]) -> int:
    """The session whose card this is; 0 for any other message."""
    name = message.get("metadata", {}).get("event_payload", {}).get("name", "")
    return int(name.removeprefix("card/")) if name.startswith("card/") else 0


def _actor(user: str) -> Actor:
    return Actor(TeamId(TEAM), UserId(user))


def _who(user: str) -> str:
    return {ANNA: "Anna", BEN: "Ben", GUEST: "the guest"}[user]


def _invitee(person: str) -> Invitee:
    if "@" in person:
        return Invitee.of(Email(person))
    return Invitee.of(Phone(person, "US" if person.startswith("+1") else "DE"))


def _may_be_invited(person: str) -> bool:
    return "@" in person or person.startswith("+1")


# The experiment


def random_walks(folder: Path, long: bool) -> Verdict:
    """Walks from fixed seeds in the short size; from fresh ones, and longer, in the long size.

    A busy machine has time for the first seed only: it is one that sees each of the mutations that are for walks.
    """
    if not long:
        return _verdict(folder, [(seed, 40, 30) for seed in range(2, 6)], 25, shorten=False)
    rounds = [(secrets.randbits(32), 100, 100) for _ in range(30)]
    return _verdict(folder, rounds, 20 * 60, shorten=True)


EXPERIMENTS = (random_walks,)


def _verdict(folder: Path, rounds: list[tuple[int, int, int]], seconds: float, *, shorten: bool) -> Verdict:
    tally: Counter[str] = Counter()
    examples: list[str] = []
    sorts: Counter[str] = Counter()
    until = time.monotonic() + seconds
    for seed, walks, steps in rounds:
        if tally["walks"] and time.monotonic() > until:
            break
        broken = walk(folder, seed, walks, steps, tally, shorten=shorten)
        if broken is not None:
            sorts.update({sort for sort, _ in broken.violations})
            again = f"python -m tests.faultlab.model {seed} --walks {walks} --steps {steps}"
            examples.append(f"{broken}\nThe same again: {again}")
    tried = ", ".join(f"{tally[what]:,} {what}" for what in ("walks", "steps", "messages", "faults", "kills"))
    return Verdict(
        "whatever happens in whatever order, every promise holds",
        tried,
        lost=sorts[LOST],
        doubled=sorts[DOUBLED],
        out_of_order=sorts[ORDER],
        also={"walks with anything else wrong": sorts[WRONG]},
        measured=f"{tally['given up']} rounds given up" if tally["given up"] else "",
        examples=examples,
    )


def walk(
    folder: Path, seed: int, walks: int, steps: int, tally: Counter[str], *, shorten: bool = True
) -> Broken | None:
    """So many walks of so many steps. The first that fails, as short as it can be made; that may take minutes.

    Now and then the same steps take another course all the same; hypothesis then gives up. What was found before that
    is told as it was found.
    """
    found: list[Broken] = []
    machine = type("Walk", (Walk,), {"folder": folder, "tally": tally, "found": found})
    core.global_force_seed = seed
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=walks,
                stateful_step_count=steps,
                deadline=None,
                derandomize=False,  # or the seed would count for nothing
                database=None,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.generate, Phase.shrink) if shorten else (Phase.generate,),
            ),
        )
    except Broken as broken:
        return broken
    except Flaky:
        tally["given up"] += 1
        return found[0] if found else None
    finally:
        core.global_force_seed = None
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="model")
    parser.add_argument("seed", type=int)
    parser.add_argument("--walks", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args()
    tally: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="walks-") as folder:
        broken = walk(Path(folder), given.seed, given.walks, given.steps, tally)
    print(dict(tally), broken or "", sep="\n")  # noqa: T201 - the product of this program
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""The first to touch what Slack sends."""

from __future__ import annotations

from tests.faultlab.mutations.files import GUARD, HTTP, STARTING, TENANTS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "the team of the event decides",
        "an event is for whom its authorization names",
        "bot/intake/addressed.py",
        "    return _named(_grant(payload))\n",
        "    return _named(payload)\n",
        (f"{TENANTS}::test_an_event_is_for_whom_its_authorization_names",),
    ),
    Mutation(
        "rows under the team that a payload names",
        "an organization's rows stand under its own id",
        "bot/intake/door.py",
        '        if self._home and payload.get("team_id") != self._home:\n',
        "        if not self._home:\n",
        (f"{TENANTS}::test_an_organization_is_one_installation_whichever_workspace_speaks",),
    ),
    # A start takes events first
    Mutation(
        "a command does not wait for Bolt",
        "what Slack does not repeat waits for what is being imported",
        "bot/intake/entrance.py",
        "        if self._bolt is None and self._door is not None:\n",
        "        if self._bolt is None and self._door is None:\n",
        (f"{STARTING}::test_a_command_waits_for_bolt_which_slack_would_not_repeat",),
    ),
    # Taken means stored
    Mutation(
        "acknowledged before it is stored",
        "Slack is told only after the commit",
        "bot/intake/door.py",
        "            await self._on_message(payload)\n",
        "            asyncio.ensure_future(self._on_message(payload))\n",
        (
            f"{HTTP}::test_when_the_answer_comes_another_process_would_see_the_row",
            f"{HTTP}::test_a_full_disk_is_no_acknowledgement_and_slacks_next_try_is_taken",
        ),
    ),
    # Who may, and what it may cost
    Mutation(
        "anybody's signature will do",
        "only Slack is believed",
        "bot/intake/guard.py",
        'hmac.compare_digest(f"v0={expected.hexdigest()}".encode(), signature) else',
        "expected.hexdigest() else",
        (GUARD,),
    ),
    Mutation(
        "old requests are believed",
        "a recorded request is worth nothing after five minutes",
        "bot/intake/guard.py",
        "        if abs(self._clock.now() - int(stamp)) > MAX_AGE:\n            return UNAUTHORIZED\n",
        "",
        (f"{GUARD}::test_a_request_is_good_for_five_minutes_both_ways",),
    ),
    Mutation(
        "a blank secret is a secret",
        "a bot with a blank secret would believe anybody",
        "bot/intake/guard.py",
        "        if not secret.strip():\n",
        "        if not isinstance(secret, str):\n",
        (f"{GUARD}::test_a_blank_secret_is_refused_at_once",),
    ),
    Mutation(
        "a body may have any size",
        "nobody fills our memory",
        "bot/intake/server.py",
        "        if len(self._body) > MAX_BODY:",
        "        if len(self._body) > MOST_HELD:",
        (f"{HTTP}::test_a_body_that_grows_too_long_is_refused_where_it_passes_the_limit",),
    ),
    # What the operator is told
    Mutation(
        "what breaks in an answer looks like the client's mistake",
        "nobody is told that /metrics or /readyz breaks",
        "bot/intake/server.py",
        "answer = self._answered(request)",
        "answer = self._app.at_once(request)",
        ("tests/bot/intake/test_server.py::test_what_breaks_in_an_answer_is_our_mistake_and_told",),
    ),
)

"""The client of Evo Voice."""

from __future__ import annotations

from tests.faultlab.mutations.files import TRANSPORT
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Who may, and what it may cost
    Mutation(
        "any id may enter a path",
        "an id cannot name another operation",
        "bot/evo/ids.py",
        "    return bool(_ID.fullmatch(text)) and text.lower() not in _ROUTES",
        "    return bool(text)",
        ("tests/bot/evo/test_ids.py::test_ids_that_may_not", f"{TRANSPORT}::test_a_bad_id_makes_no_request"),
    ),
    # Words and secrets
    Mutation(
        "an error quotes the library",
        "texts of libraries may quote addresses and requests",
        "bot/evo/transport.py",
        '    return Unsure(f"no answer from Evo Voice after the request may have left ({name})")',
        '    return Unsure(f"no answer from Evo Voice after the request may have left ({name}: {error})")',
        (f"{TRANSPORT}::test_what_a_library_says_is_not_repeated",),
    ),
    # Requests
    Mutation(
        "no total deadline",
        "a server that says a byte now and then does not hold a lane for ever",
        "bot/evo/client.py",
        "        limit = asyncio.timeout(deadline or self._deadline)",
        "        limit = asyncio.timeout(None)",
        (f"{TRANSPORT}::test_once_the_request_has_left_every_fault_is_unsure_and_nothing_is_repeated",),
    ),
    Mutation(
        "requests with an effect share connections",
        "a stale connection fails before anything has left",
        "bot/evo/transport.py",
        '        client = self._reads if ask.method == "GET" else self._writes',
        "        client = self._reads",
        (f"{TRANSPORT}::test_every_post_has_a_connection_of_its_own_and_reads_share_one",),
    ),
    Mutation(
        "redirects are followed",
        "what is meant for Evo Voice goes to nobody else",
        "bot/evo/transport.py",
        "        follow_redirects=False,",
        "        follow_redirects=True,",
        (f"{TRANSPORT}::test_redirects_are_not_followed",),
    ),
    Mutation(
        "a renewed login may work elsewhere",
        "words of one account's customers never go to another's: a user may be moved while the bot runs",
        "bot/evo/auth.py",
        "        if account != self._account:\n",
        "        if account is None:\n",
        (
            "tests/bot/evo/test_auth.py::test_a_login_that_is_renewed_is_used_in_the_account_of_before_only",
            "tests/bot/test_evoside.py::test_a_login_that_was_moved_to_another_account_is_used_no_more",
        ),
    ),
    Mutation(
        "signing in without end",
        "the account is not locked by us",
        "bot/evo/auth.py",
        "        return len(self._times) == LOGINS and self._clock() - self._times[0] < WINDOW",
        "        return False",
        (
            "tests/bot/evo/test_auth.py::test_a_wrong_password_is_tried_twice_in_five_minutes",
            "tests/bot/evo/test_auth.py::test_logins_that_do_not_last_stop_too",
        ),
    ),
    # Several bots
    Mutation(
        "whoever may not act any more sends all the same",
        "what leaves after somebody else has taken over",
        "bot/evo/client.py",
        '        if ask.method != "GET" and not self.may_act():',
        "        if False:",
        ("tests/bot/evo/test_client.py::test_who_may_not_act_any_more_may_still_look",),
    ),
)

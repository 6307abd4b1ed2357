"""Several workspaces."""

from __future__ import annotations

from tests.faultlab.mutations.files import SERVICE, SEVERAL, TENANTS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "a way back is good for any browser",
        "whoever installs is who began",
        "bot/installing.py",
        "        if not ours or not hmac.compare_digest(state.encode(), cookie.encode()):\n",
        "        if not ours:\n",
        (f"{TENANTS}::test_a_way_back_is_good_for_one_browser_for_ten_minutes",),
    ),
    Mutation(
        "a way back is good twice",
        "each way back is good once",
        "bot/installing.py",
        "        if not await self._register.write(lambda tx: tx.spend_state(mark, until, now)):\n",
        "        if not mark:\n",
        (f"{TENANTS}::test_a_way_back_is_good_once",),
    ),
    Mutation(
        "an organization is asked as if it were one workspace",
        "lists of an organization are asked for one workspace at a time",
        "bot/tenant.py",
        "        workspace.whole = identity.whole\n",
        "        workspace.whole = False\n",
        (f"{TENANTS}::test_an_organization_is_one_installation_whichever_workspace_speaks",),
    ),
    Mutation(
        "what is told of a token of before is believed",
        "an end that Slack tells is that of the token we use",
        "bot/tenants.py",
        "            if await self._tokens.is_good(gone.token):  #",
        "            if not isinstance(at, int):  #",
        (f"{TENANTS}::test_what_is_told_of_a_token_of_before_takes_nothing_from_the_one_that_is_good",),
    ),
    Mutation(
        "a token that has ended counts as taken back",
        "a token that is only to be renewed does not end an installation",
        "bot/installing.py",
        "            if str(error) == ENDED:\n",
        "            if not str(error):\n",
        (f"{TENANTS}::test_a_token_that_has_ended_by_itself_does_not_say_that_the_app_is_gone",),
    ),
    Mutation(
        "a purge leaves the token good",
        "nobody who finds an old token can use it after a purge",
        "bot/tenants.py",
        "    told = await tokens.give_back(known.token if known else None)\n",
        "    told = await tokens.give_back(None)\n",
        (f"{TENANTS}::test_two_workspaces_share_a_bot_and_nothing_else",),
    ),
    Mutation(
        "whoever shares a channel has its sessions",
        "what is said in a session's thread reaches the workspace whose it is, and no other",
        "bot/tenants.py",
        '            if branch.tenant is not None and branch.tenant.shows(event.get("channel"), thread):\n',
        "            if branch.tenant is None:\n",
        (f"{TENANTS}::test_a_channel_that_two_of_them_share_shows_a_session_to_one_and_its_policy_decides",),
    ),
    # What is deleted is gone
    Mutation(
        "a second person is not asked when nobody is",
        "where two must say yes, it is asked",
        "bot/tenant.py",
        "evobot_confirm_phones or policy.phones.second_person",
        "evobot_confirm_phones",
        (
            "tests/bot/test_service.py::test_the_policy_opens_phones_besides_the_settings_and_a_second_person_is_always_asked",
        ),
    ),
    # Several bots
    Mutation(
        "each bot takes what a file has left",
        "a message that overtakes the one that it changes",
        "bot/tenant.py",
        "        first = [] if store.others.possible else [inbox.run()]",
        "        first = [inbox.run()]",
        (f"{SEVERAL}::test_what_a_file_has_left_is_taken_by_the_bot_that_works_alone",),
    ),
    Mutation(
        "a bot that stores nothing is brought what people write",
        "it waits for Slack to bring it again",
        "bot/tenant.py",
        "        return self._store.trouble is None\n\n    def blocked",
        "        return True\n\n    def blocked",
        (f"{SERVICE}::test_while_the_file_takes_nothing_a_load_balancer_is_told",),
    ),
    # PostgreSQL
    Mutation(
        "only who shares a channel from outside the organization is asked",
        "a workspace of the same organization takes another one's messages out of the world",
        "bot/tenants.py",
        " is True or is_of_organization(payload)",
        " is True",
        (f"{TENANTS}::test_a_channel_that_two_of_them_share_shows_a_session_to_one_and_its_policy_decides",),
    ),
    Mutation(
        "what names one that is not served is for nobody",
        "whoever installs the app silences the threads of a channel that they share",
        "bot/tenants.py",
        "        there = list(dict.fromkeys([*([branch] if branch else []), *self._beside(payload, event)]))",
        "        there = list(dict.fromkeys([branch, *self._beside(payload, event)] if branch else []))",
        (f"{TENANTS}::test_a_channel_that_two_of_them_share_shows_a_session_to_one_and_its_policy_decides",),
    ),
    # What the operator is told
    Mutation(
        "one workspace in trouble looks like all",
        "somebody is woken for one customer's wrong password",
        "bot/tenants.py",
        "evobot_database, self._failures,",
        "evobot_database, self._remarks,",
        ("tests/bot/test_tenants.py::test_figures_are_of_all_workspaces_and_one_in_trouble_does_not_look_like_all",),
    ),
)

"""Settings, a start, a life, an end."""

from __future__ import annotations

from tests.faultlab.mutations.files import CATCH_UP, CONSOLE, ON_POSTGRES, SERVICE, SEVERAL, STARTING, TENANTS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "who is not connected is served",
        "an installation does nothing before it is connected",
        "bot/model.py",
        "return self.token is not None and self.login is not None and self.purge_at is None",
        "return self.token is not None and self.purge_at is None",
        (f"{TENANTS}::test_who_is_not_connected_costs_nothing_and_gets_nothing",),
    ),
    Mutation(
        "one policy for all of them",
        "a workspace's own policy decides there, and nowhere else",
        "bot/settings.py",
        "    return own if os.path.lexists(own) else None\n",
        "    return None\n",
        (
            f"{TENANTS}::test_a_channel_that_two_of_them_share_shows_a_session_to_one_and_its_policy_decides",
            "tests/bot/console/test_policy.py::test_of_several_workspaces_each_may_have_its_own",
        ),
    ),
    # A start takes events first
    Mutation(
        "early looks at the app are forgotten",
        "who looks at the app while it starts sees it drawn",
        "bot/works.py",
        "        for payload in seen:\n            self.glance(payload)\n",
        "",
        (f"{STARTING}::test_who_looks_at_the_app_meanwhile_sees_it_as_soon_as_it_can_be_drawn",),
    ),
    Mutation(
        "any answer to the first question names us",
        "only an answer of Slack's that says ok names us",
        "bot/whoami.py",
        ' or answer.get("ok") is not True',
        "",
        ("tests/bot/test_whoami.py::test_what_is_no_answer_names_nobody_and_is_asked_for_once",),
    ),
    Mutation(
        "the first question passes by a proxy",
        "whoever is behind a proxy is not kept waiting by a way that does not exist",
        "bot/whoami.py",
        "    if getproxies().get(api.scheme):\n",
        "    if False:\n",
        ("tests/bot/test_whoami.py::test_through_a_proxy_it_is_left_to_slack_sdk",),
    ),
    # Secrets
    Mutation(
        "a password is put together anew",
        "a password is what stands in .env, whatever signs it has",
        "bot/settings.py",
        "interpolate=False, ",
        "",
        ("tests/bot/test_settings.py::test_a_password_stands_in_the_dotenv_file_as_it_is",),
    ),
    Mutation(
        "a misplaced secret is told",
        "a secret in the place of its file's name is in no complaint",
        "bot/settings.py",
        'path if os.path.exists(path) else "its file"',
        "path",
        ("tests/bot/test_settings.py::test_a_secret_in_the_place_of_its_file_is_not_told",),
    ),
    # Exactly once, in order
    Mutation(
        "nothing newer waits for what was missed",
        "what was missed is read before anything newer leaves",
        "bot/duty.py",
        "            await asyncio.wait([caught_up, over], timeout=HOLD_SECONDS, return_when=FIRST)\n",
        "",
        (f"{CATCH_UP}::test_messages_written_while_the_bot_was_down_go_out_in_order",),
    ),
    # The end
    Mutation(
        "told again, it goes on waiting",
        "who tells it twice is obeyed at once",
        "bot/service.py",
        "            signal.signal(each, signal.SIG_DFL)\n",
        "            signal.signal(each, signal.SIG_IGN)\n",
        ("tests/bot/test_stopping.py::test_told_again_it_ends_where_it_is",),
    ),
    Mutation(
        "nobody ends a thread that hangs",
        "the end comes in time, whatever hangs",
        "bot/service.py",
        "        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)",
        "        signal.setitimer(signal.ITIMER_REAL, 0)",
        ("tests/bot/test_stopping.py::test_a_thread_that_hangs_cannot_hold_up_the_end",),
    ),
    Mutation(
        "what is under way is waited for without an end",
        "the end comes in time, whoever does not answer",
        "bot/service.py",
        "                seconds=LAST_SECONDS,\n",
        "                seconds=60.0,\n",
        ("tests/bot/test_stopping.py::test_what_hangs_is_left_in_doubt_when_the_time_is_over",),
    ),
    # What is deleted is gone
    Mutation(
        "nobody tidies up",
        "what has been kept long enough goes while the bot runs",
        "bot/duty.py",
        "            Tidying(self._store, self._house.policy.retention, self._clock, self._over).run(),\n",
        "",
        (f"{SERVICE}::test_what_has_been_kept_long_enough_goes_and_the_log_tells_numbers_apart",),
    ),
    Mutation(
        "the log never learns the key",
        "one customer can be followed through the log",
        "bot/service.py",
        "            logs.know_numbers(store.read.hasher())\n",
        "",
        (f"{SERVICE}::test_what_has_been_kept_long_enough_goes_and_the_log_tells_numbers_apart",),
    ),
    # Acks
    Mutation(
        "acks may starve delivery",
        "nobody makes way for acks longer than two seconds",
        "bot/rush.py",
        "LONGEST_SECONDS: Final = 2.0",
        "LONGEST_SECONDS: Final = 600.0",
        ("tests/bot/test_rush.py::test_a_rush_without_an_end_holds_everybody_up_for_two_seconds_in_all",),
    ),
    # Several bots
    Mutation(
        "what was told while nobody listened is forgotten",
        "a line in a channel that another organization has come into",
        "bot/works.py",
        "            self._doubt_everything()",
        "            pass",
        (f"{SEVERAL}::test_the_working_bot_minds_what_another_one_hears_of_a_channel_and_what_nobody_heard",),
    ),
    Mutation(
        "a bot that does not work keeps to itself what it hears of a channel",
        "the working one goes by what it was",
        "bot/works.py",
        '        self._store.others.tell(f"{CHANGED} {channel}")',
        "        pass",
        (f"{SEVERAL}::test_the_working_bot_minds_what_another_one_hears_of_a_channel_and_what_nobody_heard",),
    ),
    # PostgreSQL
    Mutation(
        "a password with a sign in it is shown",
        "half of a password is in the log",
        "bot/place.py",
        ':.*@")',
        ':[^@/?]*@")',
        (f"{ON_POSTGRES}::test_no_password_is_shown",),
    ),
    Mutation(
        "where there are several workspaces their register is one of them",
        "an operator is told that everything is stopped, and nothing is",
        "bot/settings.py",
        "        raise BadSettings(WHICH)",
        "        pass",
        (f"{CONSOLE}::test_where_there_are_several_workspaces_nothing_is_said_to_be_done_in_none_of_them",),
    ),
    # What an operator installs
    Mutation(
        "systemd hears of the bot once an hour",
        "a bot that lives is not killed by the watchdog",
        "bot/supervisor.py",
        "self.seconds / 3 or RARELY",
        "RARELY",
        ("tests/bot/test_stopping.py::test_three_signs_of_life_come_in_the_time_that_systemd_waits_for_one",),
    ),
    Mutation(
        "systemd is not told that the bot listens",
        "started means that it takes what Slack sends",
        "bot/supervisor.py",
        '        self._tell("READY=1")\n',
        "",
        ("tests/bot/test_stopping.py::test_three_signs_of_life_come_in_the_time_that_systemd_waits_for_one",),
    ),
)

"""What an operator installs, and what comes from others."""

from __future__ import annotations

from tests.faultlab.mutations.files import DEPLOY
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # What comes from others
    Mutation(
        "a vulnerable version passes",
        "a pinned version that is known to be vulnerable fails the check",
        "tests/advisories.py",
        "    return 1 if lines else 0",
        "    return 0",
        ("tests/test_supply.py::test_a_vulnerable_version_fails_the_check",),
    ),
    # What an operator installs
    Mutation(
        "the bot is installed as root",
        "whoever breaks in has the rights of nobody",
        "deploy/evobot.service",
        "User=evobot\n",
        "",
        (f"{DEPLOY}::test_the_services_are_not_root_and_write_to_their_own_folder_only",),
    ),
    Mutation(
        "a login that is refused is tried again and again",
        "Evo Voice does not lock the login",
        "deploy/evobot.service",
        "RestartPreventExitStatus=2 3 4",
        "RestartPreventExitStatus=2 3",
        (f"{DEPLOY}::test_a_bot_that_hangs_is_started_again_and_one_that_cannot_be_helped_so_is_not",),
    ),
    Mutation(
        "the nightly copy lets the new ones go",
        "there is a copy to put back",
        "deploy/evobot-backup.service",
        "-mtime +13",
        "-mtime -13",
        (f"{DEPLOY}::test_the_nightly_copy_lets_old_ones_go_and_nothing_else",),
    ),
    Mutation(
        "the proxy lets go later than the bot",
        "no request meets a connection that is being closed",
        "deploy/nginx.conf",
        "keepalive_timeout 4s;",
        "keepalive_timeout 6s;",
        (f"{DEPLOY}::test_proxies_let_go_of_a_connection_sooner_than_the_bot",),
    ),
    Mutation(
        "the container runs as root",
        "whoever breaks in has the rights of nobody",
        "deploy/Containerfile",
        "USER evobot\n",
        "",
        (f"{DEPLOY}::test_the_container_runs_programs_and_no_shell_and_not_as_root",),
    ),
    Mutation(
        "the container takes whatever a registry gives",
        "what runs is what was pinned",
        "deploy/Containerfile",
        '"--require-hashes", ',
        "",
        (f"{DEPLOY}::test_the_container_installs_what_is_pinned_by_hash",),
    ),
)

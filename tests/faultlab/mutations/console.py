"""What is said and done at the console."""

from __future__ import annotations

from tests.faultlab.mutations.files import CONSOLE, LINKS_VERB, QUEUE, SUBJECTS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "a backup is of the register alone",
        "a backup has what every workspace has",
        "bot/console/copies.py",
        "    return [*((file, copy) for file, copy in files if file.exists()), main]\n",
        "    return [main]\n",
        (
            "tests/bot/store/test_register.py::test_a_backup_is_of_every_workspace_and_a_damaged_one_keeps_no_other_from_it",
        ),
    ),
    Mutation(
        "two workspaces come into one account unnoticed",
        "who lets two workspaces see each other's sessions is told so",
        "bot/console/workspaces.py",
        "    return same_user if None in accounts else len(accounts) == 1\n",
        "    return not same_user\n",
        ("tests/bot/store/test_register.py::test_who_connects_two_of_them_to_one_account_is_told_what_that_means",),
    ),
    # What is deleted is gone
    Mutation(
        "a forgotten person stays in the log",
        "no byte speaks of a forgotten person",
        "bot/console/privacy.py",
        'emptied = "" if empty_log(database) else f"\\n{NOT_EMPTY}"',
        'emptied = ""',
        (f"{SUBJECTS}::test_after_forgetting_no_byte_of_any_file_speaks_of_them",),
    ),
    # PostgreSQL
    Mutation(
        "the console says what others have written as it is",
        "a customer's words write into an operator's terminal",
        "bot/console/common.py",
        "    return _MOVES.sub(",
        '    return re.sub("nothing", ',
        (f"{CONSOLE}::test_what_others_have_written_does_not_move_the_cursor",),
    ),
    # The doctor
    Mutation(
        "degraded is a failure",
        "monitoring wakes somebody for a missing sign",
        "bot/console/examining.py",
        "    return EXIT_BROKEN if worst(found) is Health.BROKEN else 0",
        "    return EXIT_BROKEN if worst(found) is not Health.OK else 0",
        ("tests/bot/console/test_examining.py::test_monitoring_gets_one_document_and_degraded_is_no_failure",),
    ),
    # The console
    Mutation(
        "the console repeats what may have arrived",
        "without a yes of somebody nothing that may have arrived leaves again",
        "bot/console/queue.py",
        "    if doubtful(item) and not parsed.yes and not _agreed():",
        "    if False:",
        (f"{QUEUE}::test_what_may_have_arrived_is_not_sent_again_without_a_yes",),
    ),
    Mutation(
        "nobody at the console has a name",
        "the record names who sat at the console",
        "bot/console/common.py",
        "    return operator(",
        '    return operator("") if names else operator(',
        (f"{QUEUE}::test_who_sat_at_the_console_is_named_wherever_it_is_told",),
    ),
    Mutation(
        "repair mends without being told to",
        "`evobot links repair` changes nothing without --apply",
        "bot/console/links.py",
        "    if not apply:\n        tell(f",
        "    if False:\n        tell(f",
        ("tests/bot/console/test_links.py::test_a_thread_that_is_gone_gets_a_new_card_only_when_it_is_said",),
    ),
    Mutation(
        "a channel that cannot be seen counts as a thread that is gone",
        "a link is not dropped because the bot was removed",
        "bot/console/links.py",
        "Fault.GONE if gone else Fault.OUT_OF_REACH",
        "Fault.GONE",
        (f"{LINKS_VERB}::test_a_channel_that_the_bot_has_left_is_for_a_person_to_mend",),
    ),
    Mutation(
        "half of an export stays where the disk is full",
        "no half of what is kept about a person lies about",
        "bot/console/exporting.py",
        "    except BaseException:\n        path.unlink(missing_ok=True)\n        raise",
        "    except BaseException:\n        raise",
        ("tests/bot/console/test_exporting.py::test_of_what_the_disk_does_not_take_whole_nothing_stays",),
    ),
    Mutation(
        "a cell may be a formula",
        "what a customer writes is reckoned by no spreadsheet",
        "bot/console/exporting.py",
        "if _FORMULA.match(text) else text",
        "if False else text",
        ("tests/bot/console/test_exporting.py::test_no_cell_is_a_formula_and_nothing_is_written_over",),
    ),
    # What the operator is told
    Mutation(
        "a cell that another begins in",
        "where a semicolon parts cells, somebody's words are reckoned with",
        "bot/console/exporting.py",
        """    text = _INNER.sub(lambda found: _LAST_PART.sub(r"\\g<0>'", found[0]), text)\n""",
        "",
        ("tests/bot/console/test_exporting.py::test_no_cell_is_a_formula_wherever_a_spreadsheet_parts_them",),
    ),
)

"""What is written down of it: audit, log, figures, and what goes again."""

from __future__ import annotations

from tests.faultlab.mutations.files import AUDIT, COURIER, METRICS, TIDYING
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "one workspace silences what another logs",
        "a line that one workspace repeats is left out for that one only",
        "bot/logs.py",
        "(record.name, _message(record), workspace(), trace()), time.monotonic()\n",
        '(record.name, _message(record), "", trace()), time.monotonic()\n',
        ("tests/bot/test_logs.py::test_of_several_workspaces_a_line_says_in_which_and_silences_no_other",),
    ),
    # Words and secrets
    Mutation(
        "the log is not scrubbed",
        "no secret and no number stands in the log",
        "bot/logs.py",
        "        text = pattern.sub(instead, text)",
        "        text = text or instead",
        ("tests/bot/test_logs.py::test_secrets_numbers_and_addresses_are_covered",),
    ),
    # What is deleted is gone
    Mutation(
        "deleted words stay in the log",
        "what was deleted is in no file any more",
        "bot/tidying.py",
        "            self._to_empty = not await self._store.empty_log()",
        "            self._to_empty = False",
        (f"{TIDYING}::test_words_are_deleted_from_every_file_when_their_time_is_over",),
    ),
    # What happened is recorded, and stays
    Mutation(
        "hashes of the audit are not looked at",
        "a changed row is found and named",
        "bot/audit.py",
        "        if record.key != before.key + 1 or hash_of(before.hash, record) != record.hash:",
        "        if record.key != before.key + 1:",
        (f"{AUDIT}::test_each_flipped_byte_is_found_and_its_row_is_named",),
    ),
    Mutation(
        "rows of the audit are not bound to those before",
        "a row that was forged with its own hash is found by the row after it",
        "bot/audit.py",
        "    text = before + _CANONICAL.encode(told(record))",
        "    text = _CANONICAL.encode(told(record))",
        (f"{AUDIT}::test_no_row_can_be_written_anew_without_all_after_it",),
    ),
    Mutation(
        "a cut tail of the audit counts as whole",
        "rows that are missing at the end are named",
        "bot/audit.py",
        "    if last_key is None or last_key <= last:",
        "    if last_key is None or last:",
        (f"{AUDIT}::test_a_tail_that_was_cut_off_is_found_by_the_keys_that_were_given",),
    ),
    Mutation(
        "a cut beginning of the audit counts as whole",
        "only what a row tells of may be missing at the beginning",
        "bot/audit.py",
        "    if start.key == expected:",
        "    if start.key >= expected:",
        (f"{AUDIT}::test_a_beginning_that_nobody_has_told_of_is_a_gap",),
    ),
    Mutation(
        "a noted head is not looked for",
        "a record that was written anew with care is found by what was noted of it",
        "bot/audit.py",
        "    if head is None or head == start.hash or any(record.hash == head for record in records):",
        "    if True:",
        (f"{AUDIT}::test_what_was_forged_with_care_is_found_by_a_hash_that_was_noted",),
    ),
    Mutation(
        "a gesture's name goes whole into the audit",
        "no number stands in the audit",
        "bot/audit.py",
        '    return "/".join(parts[:length])',
        "    return name",
        (f"{AUDIT}::test_a_name_is_cut_to_the_gesture_before_anybodys_number",),
    ),
    Mutation(
        "whom it was about stands in the audit as it is",
        "no number stands in the audit",
        "bot/audit.py",
        'hashed(each) if each != body.get("slack_user") else each for',
        "each for",
        (f"{COURIER}/test_audit.py::test_nobodys_words_and_no_number_stand_in_it",),
    ),
    # What the operator is told
    Mutation(
        "a figure names whatever stands in a path",
        "ids and people in what Prometheus keeps",
        "bot/counts.py",
        'part if not part or part in _WORDS else "{}"',
        "part",
        (f"{METRICS}::test_of_a_path_only_the_words_of_evo_voice_are_kept",),
    ),
    Mutation(
        "a pause that was asked for looks like an outage",
        "the operator looks for a fault where there is none",
        "bot/counts.py",
        '    if getattr(error, "retry_after", None) is not None:',
        "    if False:",
        (f"{METRICS}::test_a_call_that_is_told_to_wait_is_told_from_one_that_fails",),
    ),
    Mutation(
        "what never happened is not told",
        "the first fault of a kind counts as none",
        "bot/counts.py",
        "return {**dict.fromkeys(product(*known), 0), **seen}",
        "return dict(seen)",
        (f"{METRICS}::test_what_can_happen_stands_at_nought_before_it_does",),
    ),
    Mutation(
        "who writes much holds up the log",
        "everybody waits for a line of the log",
        "bot/logs.py",
        "{1,64}(?:@|%40)",
        "+(?:@|%40)",
        ("tests/bot/test_logs.py::test_a_huge_text_costs_little_and_is_told_in_part",),
    ),
    Mutation(
        "the same line again and again",
        "a fault that lasts fills the disk with its line",
        "bot/logs.py",
        "        return told <= OFTEN",
        "        return True",
        ("tests/bot/test_logs.py::test_a_line_that_comes_again_and_again_is_told_some_times_a_minute",),
    ),
    Mutation(
        "figures for whoever has led a browser here",
        "a page whose name was made to mean this machine reads them",
        "bot/metrics.py",
        "        if not is_asked_here(",
        "        if False and not is_asked_here(",
        (f"{METRICS}::test_only_who_asks_by_our_own_name_or_an_address_is_told",),
    ),
)

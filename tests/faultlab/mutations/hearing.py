"""What comes from either side: looked for, kept, and what becomes of it."""

from __future__ import annotations

from tests.faultlab.mutations.files import CATCH_UP, COURIER, FEED_DATES, FILES_OUT, HEARING
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Secrets
    Mutation(
        "the bot signs in as an administrator",
        "a login that may do anything in every account is refused",
        "bot/evoside.py",
        "    if above := EVERY_ACCOUNT.intersection(user.roles):",
        "    if above := EVERY_ACCOUNT - EVERY_ACCOUNT:",
        ("tests/bot/test_evoside.py::test_the_role_and_the_account_must_be_right",),
    ),
    # Exactly once, in order
    Mutation(
        "threads are not read at start",
        "what was written while the bot was away is found",
        "bot/catchup.py",
        "                found = await self.run()\n",
        "                found = Counter[State]()\n",
        (f"{CATCH_UP}::test_messages_written_while_the_bot_was_down_go_out_in_order",),
    ),
    # What the other side says
    Mutation(
        "one refusal ends the round",
        "a session that cannot be read does not keep the others from being read",
        "bot/hearing.py",
        '        except (Refused, BadId, Unsure) as error:\n            log.warning("session %s cannot',
        '        except BadId as error:\n            log.warning("session %s cannot',
        (f"{HEARING}::test_a_session_that_may_not_be_read_is_not_taken_for_ended_and_holds_nobody_up",),
    ),
    Mutation(
        "dates are believed without proof",
        "whether a date moves with each line is found out before anything depends on it",
        "bot/freshness.py",
        "evidence.proofs >= ENOUGH and (",
        "(",
        (f"{FEED_DATES}::test_before_anything_is_learned_quiet_sessions_are_read_each_minute",),
    ),
    Mutation(
        "a line without a date is overlooked",
        "one line without a date ends the belief in dates",
        "bot/freshness.py",
        "return evidence if fresh else Evidence(0, now)",
        "return evidence",
        (f"{FEED_DATES}::test_one_line_without_a_date_ends_the_belief_and_all_are_read_at_once",),
    ),
    Mutation(
        "a date is read once",
        "of two lines within one second the second is heard, though it moves no date",
        "bot/freshness.py",
        "self.date == self.read == self.read_before",
        "self.date == self.read",
        (f"{FEED_DATES}::test_two_lines_within_one_second_are_both_heard",),
    ),
    Mutation(
        "any moved date proves",
        "a date that something else has moved proves nothing about lines",
        "bot/freshness.py",
        "if moved is not close:",
        "if close and not moved:",
        (f"{FEED_DATES}::test_what_else_moves_a_date_proves_nothing",),
    ),
    Mutation(
        "dates are believed for ever",
        "a transcript is read now and then although its date stands still",
        "bot/feed.py",
        "return its_turn(session.key, last, now, self._rest)",
        "return False",
        (f"{FEED_DATES}::test_a_line_without_a_date_in_a_quiet_session_is_found_when_all_were_read",),
    ),
    # Taken means stored
    Mutation(
        "what comes in a rush is acknowledged before it is kept",
        "Slack is told only after the commit",
        "bot/inbox.py",
        "await self._store.write(lambda tx: tx.keep_letter(text, now), one_statement=True)",
        "asyncio.ensure_future(self._store.write(lambda tx: tx.keep_letter(text, now), one_statement=True))",
        ("tests/bot/test_inbox.py::test_what_the_disk_does_not_take_is_not_acknowledged",),
    ),
    Mutation(
        "what comes after a rush overtakes what came in it",
        "order per session is Slack's",
        "bot/inbox.py",
        "(self._kept > 0 or self._rush.is_on)",
        "self._rush.is_on",
        ("tests/bot/test_inbox.py::test_as_long_as_something_is_kept_nothing_overtakes_it",),
    ),
    Mutation(
        "an edit is looked at beside what it changes",
        "an edit of what has not left changes it",
        "bot/inbox.py",
        "next((n for n, (_, payload) in enumerate(found) if _changes(payload)), len(found))",
        "len(found)",
        ("tests/bot/test_inbox.py::test_an_edit_of_what_is_still_kept_finds_it",),
    ),
    Mutation(
        "what broke our own code is thrown away",
        "nothing disappears",
        "bot/inbox.py",
        "if task.result()]",
        "if task.result() or self._broke[key] >= TRIES]",
        ("tests/bot/test_inbox.py::test_what_breaks_our_own_code_is_set_aside_told_and_tried_again_at_the_next_start",),
    ),
    # Who may, and what it may cost
    Mutation(
        "questions never end",
        "what nobody has answered in time says so",
        "bot/expiry.py",
        "                await self._bridge.expire()",
        "                pass",
        ("tests/bot/test_expiry.py",),
    ),
    # Files
    Mutation(
        "files that did not go are not named",
        "nothing that people send disappears",
        "bot/states.py",
        "        if any(map(_was_left, unpack_files(item.body))):",
        "        if False:",
        (f"{FILES_OUT}::test_what_is_found_to_have_arrived_still_names_what_did_not_go",),
    ),
    # What happened is recorded, and stays
    Mutation(
        "what becomes of things is not recorded",
        "the end of everything that costs or reaches somebody is in the audit",
        "bot/states.py",
        "        if what:\n            tx.audit_item(what, moved, tx.clock.now(), by=by, more=more)\n",
        "",
        (f"{COURIER}/test_audit.py::test_a_whole_visit",),
    ),
    # Several bots
    Mutation(
        "what is kept while the inbox begins is not counted",
        "a message that overtakes one before it",
        "bot/inbox.py",
        "        self._kept += again  #",
        "        self._kept = again  #",
        ("tests/bot/test_inbox.py::test_what_is_kept_while_the_inbox_begins_is_not_overtaken_either",),
    ),
    # The console
    Mutation(
        "what is not in the transcript counts as delivered",
        "reconcile names what one side alone believes",
        "bot/reconciling.py",
        "and item.key not in ours and _can_be_known(item):",
        "and item.key not in ours and False:",
        ("tests/bot/console/test_links.py::test_what_only_one_side_has_is_named_and_nothing_is_sent",),
    ),
)

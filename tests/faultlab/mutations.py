"""Safeguards, each with the change that takes it away and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """`old` stands exactly once in `file`; with `new` in its place one of the tests in `red` must fail."""

    name: str
    guards: str  # what would be broken without it
    file: str
    old: str
    new: str
    red: tuple[str, ...]


COURIER = "tests/bot/courier"
DOUBT = f"{COURIER}/test_doubt.py"
MAIN = f"{COURIER}/test_main_job.py"
LANES = f"{COURIER}/test_lanes.py"
GATE = f"{COURIER}/test_gate.py"
POSTER = f"{COURIER}/test_poster.py"
HEAR = "tests/bot/bridge/test_hear.py"
HEARING = "tests/bot/test_hearing.py"
RELAY = "tests/bot/bridge/test_relay.py"
COMMANDS = "tests/bot/bridge/test_commands.py"
RULES = "tests/bot/bridge/test_rules.py"
LINKS = "tests/bot/courier/test_threads.py"
MODALS = "tests/handlers/modals"
FETCHING = "tests/bot/test_fetching.py"
FILES_IN = f"{COURIER}/test_filesin.py"
FILES_OUT = f"{COURIER}/test_filesout.py"
GUARD = "tests/bot/intake/test_guard.py"
HTTP = "tests/bot/intake/test_http.py"
SOCKET = "tests/bot/intake/test_socket.py"
TRANSPORT = "tests/bot/evo/test_transport.py"
STORE = "tests/bot/store"
CATCH_UP = "tests/bot/test_catchup.py"
AT_ONCE = "tests/handlers/test_opening_at_once.py"
OPENING = "tests/handlers/test_opening.py"
WALKS = "tests/faultlab/test_experiments.py::test_promise_holds[random_walks]"

MUTATIONS = (
    # Nothing is sent twice on a guess
    Mutation(
        "no intent before the request",
        "a crash in the middle of a request is a doubt, not a second request",
        "bot/courier/lanes.py",
        "            return become(tx, head, State.SENDING, **changes)",
        "            return become(tx, become(tx, head, State.SENDING, **changes) or head, State.PENDING)",
        (f"{DOUBT}::test_a_death_in_the_middle_loses_and_doubles_nothing",),
    ),
    Mutation(
        "found sending is taken for unsent",
        "what was leaving when the last process died is looked for",
        "bot/courier/lanes.py",
        "            await self._in_doubt(item)  # it was leaving when the last process died: it may have arrived",
        "            await self._move(item, State.PENDING)",
        (f"{DOUBT}::test_a_death_in_the_middle_loses_and_doubles_nothing",),
    ),
    Mutation(
        "a lost answer is taken for a no",
        "a request whose answer was lost is looked for before it is repeated",
        "bot/courier/outcomes.py",
        "        case _:\n            return Maybe()",
        "        case _:\n            return Later()",
        ("tests/bot/courier/test_outcomes.py::test_whatever_is_not_certain_is_a_doubt",),
    ),
    Mutation(
        "the settling time is ignored",
        "a request may still be at work over there",
        "bot/courier/lanes.py",
        "absences + 1 if self._clock.now() - since >= self._settle else 0",
        "absences + 1",
        (f"{DOUBT}::test_a_message_that_takes_effect_late_is_not_sent_twice",),
    ),
    Mutation(
        "no look is enough",
        "absence is proven by looking",
        "bot/courier/lanes.py",
        "LOOKS = 2  #",
        "LOOKS = 0  #",
        (f"{LANES}::test_absent_means_missing_in_two_looks_after_the_settling_time",),
    ),
    Mutation(
        "one look is enough",
        "absence is proven by two reads in a row",
        "bot/courier/lanes.py",
        "LOOKS = 2  #",
        "LOOKS = 1  #",
        (f"{LANES}::test_absent_means_missing_in_two_looks_after_the_settling_time",),
    ),
    Mutation(
        "a look that failed counts as absence",
        "who could not look has seen nothing",
        "bot/courier/lanes.py",
        "                failures = min(failures + 1, 10)\n                continue",
        "                failures = min(failures + 1, 10)\n                found = None",
        (f"{LANES}::test_a_doubt_that_nobody_can_look_into_for_an_hour_is_a_persons",),
    ),
    Mutation(
        "the settling time runs while nobody looks",
        "what is queued over there may take effect once it is back",
        "bot/courier/lanes.py",
        "since = max(watch.since, self._gate.well_since, item.unknown_at or 0)",
        "since = item.unknown_at or 0",
        (f"{LANES}::test_the_settling_time_begins_when_somebody_can_look",),
    ),
    Mutation(
        "the machine repeats invitations",
        "a second text to a stranger needs a person's click",
        "bot/courier/errands.py",
        "    repeatable = False",
        "    repeatable = True",
        (f"{DOUBT}::test_an_invitation_is_never_repeated_without_a_click",),
    ),
    Mutation(
        "repeated without end",
        "a second doubt asks a person",
        "bot/courier/lanes.py",
        "repeatable and not item.resent:",
        "repeatable:",
        (f"{DOUBT}::test_a_second_doubt_is_a_persons_to_settle",),
    ),
    Mutation(
        "the end is not proof of an end",
        "404 after an end means that it worked",
        "bot/courier/outcomes.py",
        "        case Refused(status=404) if kind is Kind.END:\n            return Done()\n",
        "",
        ("tests/bot/courier/test_outcomes.py::test_ending_is_said_again_and_is_done_when_there_is_nothing_to_end",),
    ),
    Mutation(
        "twins adopt each other",
        "of two openings in doubt that look alike none adopts the other's session",
        "bot/courier/errands.py",
        "        if self._tools.store.read.twins_in_doubt(item.key, session):\n            raise Ambiguous\n",
        "",
        (f"{DOUBT}::test_of_two_openings_in_doubt_that_look_alike_a_person_chooses",),
    ),
    Mutation(
        "the gate is always open",
        "while Evo Voice is away nobody runs against it",
        "bot/courier/gate.py",
        "            self._closed = True",
        "            self._closed = False",
        (f"{GATE}::test_while_evo_voice_is_away_one_question_is_asked_whoever_waits",),
    ),
    Mutation(
        "Retry-After is not obeyed",
        "too many requests means a pause of that length",
        "bot/courier/gate.py",
        "        if isinstance(error, Throttled) and error.retry_after:\n            return error.retry_after\n",
        "",
        (f"{DOUBT}::test_patience_is_obeyed_and_nothing_is_lost",),
    ),
    # Exactly once, in order
    Mutation(
        "a gesture may come twice",
        "each delivery of a message is the same message",
        "bot/store/tx.py",
        '            "INSERT OR IGNORE INTO item (session,',
        '            "INSERT OR REPLACE INTO item (session,',
        (f"{RELAY}::test_each_delivery_of_a_message_is_the_same_message", f"{STORE}/test_store.py"),
    ),
    Mutation(
        "moves do not compare",
        "what has moved on since it was read is left alone",
        "bot/store/tx.py",
        'f"UPDATE item SET state = ?{names} WHERE key = ? AND state = ?",\n'
        "            (state, *changes.values(), item.key, item.state),",
        'f"UPDATE item SET state = ?{names} WHERE key = ?",\n            (state, *changes.values(), item.key),',
        (f"{STORE}/test_store.py::test_an_item_that_has_moved_on_is_not_moved_again",),
    ),
    Mutation(
        "order of arrival",
        "replies leave in the order in which they stand in the thread",
        "bot/store/reads.py",
        '        first = "ORDER BY position, key LIMIT 1"',
        '        first = "ORDER BY key LIMIT 1"',
        (f"{DOUBT}::test_an_older_message_that_arrives_while_a_newer_one_waits_its_turn_goes_first",),
    ),
    Mutation(
        "what is in doubt may be overtaken",
        "what has left goes before what has not",
        "bot/store/reads.py",
        "return self._one(to_item, left, session) or self._one(to_item, waiting, session)",
        "return self._one(to_item, waiting, session)",
        (f"{STORE}/test_store.py::test_what_has_left_is_finished_before_an_older_message_that_came_late",),
    ),
    Mutation(
        "nothing newer waits for what was missed",
        "what was missed is read before anything newer leaves",
        "bot/service.py",
        "            await asyncio.wait(first, timeout=HOLD_SECONDS, return_when=asyncio.FIRST_COMPLETED)\n",
        "",
        (f"{CATCH_UP}::test_messages_written_while_the_bot_was_down_go_out_in_order",),
    ),
    Mutation(
        "threads are not read at start",
        "what was written while the bot was away is found",
        "bot/catchup.py",
        "                found = await self.run()\n",
        "                found = Counter[State]()\n",
        (f"{CATCH_UP}::test_messages_written_while_the_bot_was_down_go_out_in_order",),
    ),
    Mutation(
        "a newer message hides an older one",
        "up to where a thread has been read is on the disk",
        "bot/store/reads.py",
        '"SELECT session.key, link.team, link.channel, link.thread_ts, coalesce(read_to, created_at) FROM session "',
        '"SELECT session.key, link.team, link.channel, link.thread_ts, coalesce("\n'
        '            "(SELECT max(ts) FROM item WHERE item.session = session.key), created_at) FROM session "',
        (f"{CATCH_UP}::test_a_newer_message_does_not_hide_what_was_missed_before_it",),
    ),
    Mutation(
        "old replies are sent without asking",
        "a late text can be worse than none",
        "bot/bridge/verbs.py",
        "        elif late:\n"
        "            await self._reply(said, relay.session, State.NEEDS_PERSON, AWAY, text=relay.text)\n",
        "",
        (f"{CATCH_UP}::test_what_is_old_by_now_is_not_sent_without_asking",),
    ),
    Mutation(
        "what waits goes stale unnoticed",
        "what waited an hour is not sent without asking",
        "bot/courier/lanes.py",
        "        return self._clock.now() - item.asked_at > STALE_SECONDS",
        "        return False",
        (f"{DOUBT}::test_what_waited_an_hour_is_not_sent_without_asking",),
    ),
    # What the other side says
    Mutation(
        "our own words are not known",
        "our words come back in the transcript and are not said in Slack again",
        "bot/bridge/echo.py",
        "    if not own.may_be(line.sender, session):\n        return None\n",
        "    return None\n",
        (f"{HEAR}::test_our_own_words_are_not_posted_back",),
    ),
    Mutation(
        "the newest of equals is recognised first",
        "equal words come back in the order in which they left",
        "bot/bridge/echo.py",
        "    return next((item for item in waiting if fold",
        "    return next((item for item in reversed(waiting) if fold",
        (HEAR,),
    ),
    Mutation(
        "another member's words are taken for ours",
        "a known other member is never us",
        "bot/bridge/echo.py",
        "    if not own.may_be(line.sender, session):\n        return None\n",
        "",
        (f"{HEAR}::test_a_member_who_repeats_our_words_is_heard",),
    ),
    Mutation(
        "equal lines are one line",
        "who says ok twice is heard twice",
        "bot/bridge/echo.py",
        "        result.append((_name(session, says, seen[says]), line))",
        "        result.append((_name(session, says, 1), line))",
        (f"{HEAR}::test_equal_lines_are_told_apart_by_their_number",),
    ),
    Mutation(
        "one refusal ends the round",
        "a session that cannot be read does not keep the others from being read",
        "bot/hearing.py",
        '        except (Refused, BadId, Unsure) as error:\n            log.warning("session %s cannot',
        '        except BadId as error:\n            log.warning("session %s cannot',
        (f"{HEARING}::test_a_session_that_may_not_be_read_is_not_taken_for_ended_and_holds_nobody_up",),
    ),
    Mutation(
        "posted again without a look",
        "a post is repeated only after its thread has been read",
        "bot/courier/poster.py",
        "        absent = [each for each in posts if each.name not in there]",
        "        absent, there = list(posts), {}",
        (f"{POSTER}::test_a_line_stands_once_whatever_happens_to_the_answer",),
    ),
    Mutation(
        "posted again at once",
        "Slack may still be at work on a post whose answer was lost",
        "bot/courier/poster.py",
        "        if absent and 0 < wait <=",
        "        if absent and wait < 0 <=",
        (f"{POSTER}::test_a_doubt_is_not_over_before_slack_has_had_its_time",),
    ),
    Mutation(
        "slack-sdk repeats by itself",
        "a post is tried once; only we know whether it may be repeated",
        "bot/workspace.py",
        "base_url=base, session=session, retry_handlers=[])",
        "base_url=base, session=session)",
        ("tests/bot/test_workspace.py::test_a_lost_answer_is_a_doubt_and_one_request",),
    ),
    Mutation(
        "without a thread into the open channel",
        "what a customer says never stands outside its thread",
        "bot/store/reads.py",
        '            "AND kind IN (\'card\', \'direct\') UNION ALL "',
        '            "UNION ALL "',
        (f"{POSTER}::test_what_has_no_thread_yet_waits_for_it",),
    ),
    # Taken means stored
    Mutation(
        "acknowledged before it is stored",
        "Slack is told only after the commit",
        "bot/intake/door.py",
        "        await asyncio.wait({taking}, timeout=ACK_SECONDS)\n",
        "        return True\n",
        (f"{HTTP}::test_when_the_answer_comes_another_process_would_see_the_row",
         f"{HTTP}::test_a_full_disk_is_no_acknowledgement_and_slacks_next_try_is_taken"),
    ),
    Mutation(
        "told before the commit",
        "a caller is told when the change is on the disk",
        "bot/store/writer.py",
        '        self._connection.execute("COMMIT")\n        return outcomes',
        "        return outcomes",
        (f"{STORE}/test_writer.py::test_what_was_answered_is_seen_by_everybody",),
    ),
    Mutation(
        "no piece has a savepoint",
        "one caller's mistake does not undo the others'",
        "bot/store/writer.py",
        '        connection.execute("ROLLBACK TO piece")\n        connection.execute("RELEASE piece")\n'
        "        return None, error",
        "        raise sqlite3.OperationalError from error",
        (f"{STORE}/test_writer.py::test_one_callers_mistake_does_not_undo_the_others",),
    ),
    Mutation(
        "commits may roll back at power loss",
        "stored means on the disk",
        "bot/store/file.py",
        '    "synchronous": 2,',
        '    "synchronous": 1,',
        (f"{STORE}/test_file.py::test_the_writer_has_the_durable_settings",),
    ),
    Mutation(
        "two processes on one file",
        "a second bot on the same file does not start",
        "bot/store/file.py",
        "            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "            fcntl.flock(handle, fcntl.LOCK_UN)",
        (f"{STORE}/test_file.py::test_a_second_process_is_told_who_has_the_file",),
    ),
    Mutation(
        "somebody else's database is used",
        "a foreign file is left as it is",
        "bot/store/check.py",
        "    if owner != APPLICATION_ID and (owner or used):",
        "    if owner is None:",
        (f"{STORE}/test_file.py::test_somebody_elses_database_is_refused_and_left_as_it_is",),
    ),
    # Who may, and what it may cost
    Mutation(
        "anybody's signature will do",
        "only Slack is believed",
        "bot/intake/guard.py",
        'return None if hmac.compare_digest(b"v0=" + expected, signature) else UNAUTHORIZED',
        "return None if expected else UNAUTHORIZED",
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
        "bot/intake/http.py",
        "        if len(body) > MAX_BODY:\n            raise Answer(TOO_LARGE)\n",
        "",
        (f"{HTTP}::test_a_body_that_grows_too_long_is_refused_where_it_passes_the_limit",),
    ),
    Mutation(
        "any id may enter a path",
        "an id cannot name another operation",
        "bot/evo/ids.py",
        "    return bool(_ID.fullmatch(text)) and text.lower() not in _ROUTES",
        "    return bool(text)",
        ("tests/bot/evo/test_ids.py::test_ids_that_may_not", f"{TRANSPORT}::test_a_bad_id_makes_no_request"),
    ),
    Mutation(
        "rights are not checked when it is done",
        "who has lost the right since may not any more",
        "bot/courier/errands.py",
        "        return profile if why is None else Impossible(why)",
        "        return profile",
        (f"{MAIN}::test_who_may_not_is_told_and_nothing_leaves", f"{MAIN}::test_a_guest_opens_nothing"),
    ),
    Mutation(
        "who cannot be checked may",
        "nothing leaves while nobody can say who asked",
        "bot/courier/errands.py",
        "        except SlackRefused:\n            return Impossible(NOT_CHECKED)\n",
        '        except SlackRefused:\n            return Profile(item.author, self.home, "Somebody", None)\n',
        (f"{MAIN}::test_whom_slack_does_not_know_may_not",),
    ),
    Mutation(
        "any country's phones",
        "no country listed, no phone",
        "bot/people.py",
        "        if region in self.regions:\n            return None\n",
        "        if region:\n            return None\n",
        ("tests/bot/test_people.py::test_a_mobile_is_allowed_exactly_where_its_region_is_listed",),
    ),
    Mutation(
        "phone rules are not asked when it is done",
        "a country that is taken off the list is off at once",
        "bot/courier/errands.py",
        "            return Impossible(why) if why else who.phone.e164",
        "            return who.phone.e164",
        (f"{MAIN}::test_a_country_that_was_taken_off_the_list_since_is_not_texted",),
    ),
    Mutation(
        "anybody may say yes",
        "only who asked may say yes to what costs money",
        "bot/bridge/verbs.py",
        "            if item.author != by.user:\n                return Answered.NOT_YOURS\n",
        "",
        (f"{COMMANDS}::test_only_who_asked_may_say_yes",),
    ),
    Mutation(
        "anybody may invite a phone again",
        "only who asked may say again to what costs money",
        "bot/bridge/verbs.py",
        '        if answer is Answer.AGAIN and item.author != by.user and item.body.get("phone"):\n'
        "            return Answered.NOT_YOURS\n",
        "",
        (f"{COMMANDS}::test_nobody_else_may_invite_a_phone_again",),
    ),
    Mutation(
        "phones are not asked about",
        "a person sees number, country and cost first",
        "bot/bridge/entries.py",
        'return (State.PENDING if invitation.confirmed else State.ASKED), ""',
        'return State.PENDING, ""',
        (f"{COMMANDS}::test_a_phone_waits_for_a_yes_and_an_address_does_not",),
    ),
    # Words and secrets
    Mutation(
        "notes are sent",
        "notes never leave Slack",
        "bot/bridge/rules.py",
        "    if note_of(said.text) is not None:\n        return Note()\n",
        "",
        (f"{RELAY}::test_a_note_is_kept_and_marked_and_never_on_its_way",),
    ),
    Mutation(
        "commands are sent",
        "commands never leave Slack",
        "bot/bridge/rules.py",
        "    if words is not None and not _is_for_the_session(words, place):\n        return Command(words)\n",
        "",
        ("tests/handlers/test_thread.py::test_a_command_is_answered_once_in_the_thread_and_never_relayed",),
    ),
    Mutation(
        "what is for a colleague is sent",
        "an internal remark that reaches a customer is as bad as a lost one",
        "bot/bridge/rules.py",
        "    if words is None and (colleague := _colleague(text, said, session)) is not None:\n"
        "        return Note(addressed=colleague)\n",
        "",
        (f"{RULES}::test_what_becomes_of_a_message_by_the_threads_mode",),
    ),
    Mutation(
        "a mention that Slack made none of is sent",
        "commands never leave Slack, however they were typed",
        "handlers/thread.py",
        "    text = with_mention(_text(words_of(event)), bot, house.names)\n",
        "    text = _text(words_of(event))\n",
        ("tests/handlers/test_thread.py::test_a_mention_that_slack_made_none_of_is_one_all_the_same",),
    ),
    Mutation(
        "a word for two sessions means one of them",
        "where nobody can tell who is addressed, nobody gets it",
        "bot/bridge/threads.py",
        "    return {word: session for word, session in named if count[word] == 1}",
        "    return {word: session for word, session in named if count[word]}",
        (f"{LINKS}::test_a_word_for_two_sessions_names_none",),
    ),
    Mutation(
        "a thread without its target guesses another",
        "a thread never guesses whom replies are for",
        "bot/bridge/rules.py",
        "    if place.named:\n        return Untold()\n",
        "    if place.named:\n        return Relay('', next(iter(place.named.values())))\n",
        (f"{RULES}::test_where_nobody_has_said_whom_replies_are_for_nothing_is_guessed",),
    ),
    Mutation(
        "an old text leaves after its edit",
        "an edit before sending changes what is sent",
        "bot/courier/lanes.py",
        "            if head.body != item.body:\n",
        "            if False:\n",
        (f"{LINKS}::test_an_edit_at_the_last_moment_changes_what_leaves",),
    ),
    Mutation(
        "commands are carried out again",
        "a thread that is read again repeats nothing",
        "bot/bridge/verbs.py",
        "        if self._store.read.is_carried_out(wanted.said.name()):\n            return None\n",
        "",
        (f"{COMMANDS}::test_a_command_that_was_carried_out_is_not_repeated_when_its_thread_is_read_again",),
    ),
    Mutation(
        "anybody sends a colleague's note",
        "whether words stay inside is for who wrote them",
        "bot/bridge/verbs.py",
        "        if item.author != by.user:\n            return Answered.NOT_YOURS\n        match answer, item.state:",
        "        match answer, item.state:",
        (f"{COMMANDS}::test_only_who_wrote_a_note_may_send_it_after_all",),
    ),
    Mutation(
        "foreign words are markup",
        "what a customer writes can mention nobody",
        "bot/text.py",
        'return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")',
        "return clean(text)",
        ("tests/bot/test_text.py::test_nothing_foreign_is_live_in_slack",
         "tests/bot/views/test_hostile.py::test_a_foreign_text_is_words_wherever_it_stands"),
    ),
    Mutation(
        "links are unfurled",
        "Slack fetches nothing that a customer names",
        "bot/workspace.py",
        '            "unfurl_links": False,',
        '            "unfurl_links": True,',
        (f"{POSTER}::test_nothing_of_ours_unfurls_or_links_names",
         "tests/bot/test_workspace.py::test_a_post_links_unfurls_and_mentions_nobody_and_bears_its_name"),
    ),
    Mutation(
        "the log is not scrubbed",
        "no secret and no number stands in the log",
        "bot/logs.py",
        "        text = pattern.sub(instead, text)",
        "        text = text or instead",
        ("tests/bot/test_logs.py::test_secrets_numbers_and_addresses_are_covered",),
    ),
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
        "signing in without end",
        "the account is not locked by us",
        "bot/evo/auth.py",
        "        return len(self._times) == LOGINS and self._clock() - self._times[0] < WINDOW",
        "        return False",
        ("tests/bot/evo/test_auth.py::test_a_wrong_password_is_tried_twice_in_five_minutes",
         "tests/bot/evo/test_auth.py::test_logins_that_do_not_last_stop_too"),
    ),
    # Files
    Mutation(
        "any host is listed",
        "what a stranger has written is not fetched from where he likes",
        "bot/fetching.py",
        "        if not self._is_listed(url):",
        "        if False:",
        (f"{FETCHING}::test_no_other_host_is_asked_or_looked_up",),
    ),
    Mutation(
        "private addresses are public",
        "a listed name does not lead into our own network",
        "bot/fetching.py",
        "        if not inside and not all(",
        "        if False and not all(",
        (f"{FETCHING}::test_a_listed_name_that_leads_into_a_private_network_is_not_followed",),
    ),
    Mutation(
        "redirects go anywhere",
        "a redirect is an address like any other",
        "bot/fetching.py",
        "                url = self._allowed(answer)",
        "                url = _read(answer)",
        (f"{FETCHING}::test_a_redirect_to_elsewhere_is_not_followed",),
    ),
    Mutation(
        "the login goes along",
        "our login is for one origin",
        "bot/fetching.py",
        "        door = self._doors.get(url.origin())\n        login =",
        "        door = next(iter(self._doors.values()), None)\n        login =",
        (f"{FETCHING}::test_a_listed_host_is_asked_without_our_login",),
    ),
    Mutation(
        "bytes are not counted",
        "nobody fills our memory",
        "bot/fetching.py",
        "            if len(body) > self._most:",
        "            if False:",
        (f"{FETCHING}::test_what_does_not_say_how_big_it_is_is_counted",),
    ),
    Mutation(
        "a page is a picture",
        "a page to sign in is not put into the thread",
        "bot/fetching.py",
        '    if is_page(data, declared) and not is_page(b"", promised):',
        "    if False:",
        (f"{FETCHING}::test_what_is_not_what_was_promised_is_not_taken",),
    ),
    Mutation(
        "a file is shown before it is written down",
        "a file stands once, also after a crash",
        "bot/courier/filesin.py",
        "        await self._change(post, state=PostState.SENDING, file=file, attempts=attempts, "
        "sending_at=self._clock.now())\n"
        "        await self._workspace.share(file, fetched.name, post.channel, thread_ts)",
        "        await self._workspace.share(file, fetched.name, post.channel, thread_ts)\n        await self._change("
        "post, state=PostState.SENDING, file=file, attempts=attempts, sending_at=self._clock.now())",
        (f"{FILES_IN}::test_a_file_stands_once_whatever_happens_to_an_answer",),
    ),
    Mutation(
        "a file without its thread",
        "nothing of a customer stands in the open channel",
        "bot/courier/filesin.py",
        "        if not await self._workspace.has_thread(post.channel, thread_ts):",
        "        if False:",
        (f"{FILES_IN}::test_nothing_is_shown_in_the_open_channel",),
    ),
    Mutation(
        "files that did not go are not named",
        "nothing that people send disappears",
        "bot/states.py",
        "        if any(map(_was_left, unpack_files(item.body))):",
        "        if False:",
        (f"{FILES_OUT}::test_what_is_found_to_have_arrived_still_names_what_did_not_go",),
    ),
    # Typed sessions
    Mutation(
        "a number is dialled without being shown",
        "a person has seen every number before it is called, texted or faxed, however it was typed",
        "handlers/orders/opening.py",
        "        case Right(_, outside) if outside and door.house.confirm_phones:",
        "        case Right(_, outside) if False:",
        (f"{AT_ONCE}::test_a_message_that_names_numbers_is_told_what_to_do",),
    ),
    Mutation(
        "a dry one is sent",
        "what is only to be shown sends nothing",
        "handlers/orders/opening.py",
        "        case Right() if command.dry:",
        "        case Right() if False:",
        (f"{OPENING}::test_a_dry_one_says_what_would_be_sent_and_sends_nothing",),
    ),
    Mutation(
        "a card goes where its author cannot look",
        "nobody posts into a channel that they cannot see",
        "handlers/orders/choosing.py",
        "if not isinstance(new.card, Channel) or not await sees(door, new.card.id, order.by.user):",
        "if not isinstance(new.card, Channel):",
        (f"{OPENING}::test_a_channel_that_somebody_cannot_see_is_not_even_put_into_the_form",),
    ),
    Mutation(
        "a restored command opens a second session",
        "what may have been opened in a life that is lost is not opened again",
        "handlers/orders/carrying.py",
        "    if wanted.doubt and _opens(parsed):",
        "    if False:",
        (f"{AT_ONCE}::test_what_may_have_been_opened_before_a_restore_is_not_opened_again",),
    ),
    Mutation(
        "what a field cannot hold is passed over",
        "nothing that was typed is left out in silence",
        "bot/views/new_session/drawing.py",
        "if field_ not in standing or not _same(held[field_], standing[field_])]",
        "if False]",
        ("tests/bot/views/test_new_session.py::test_what_a_field_cannot_hold_is_named",),
    ),
    # The modals
    Mutation(
        "modals: anybody corrects anybody's words",
        "words go out under their author's name",
        "handlers/modals/correct.py",
        "    if item.author != by.user:\n",
        "    if False:\n",
        (f"{MODALS}/test_correct.py::test_nobody_but_its_author_may",),
    ),
    Mutation(
        "modals: any session can be chosen",
        "who may not see a session cannot do anything with it",
        "handlers/modals/choosing.py",
        "await visible(door, by.user, here, [known] if known else [])",
        "[known] if known else []",
        (
            f"{MODALS}/test_link.py::test_what_may_not_be_linked_is_said_under_the_session",
            f"{MODALS}/test_invite.py::test_a_session_that_this_person_may_not_see_is_not_there",
        ),
    ),
    Mutation(
        "modals: the bot is taken out of its own session",
        "the bot itself stays in its sessions",
        "handlers/modals/remove.py",
        "    return [one for one in session.members if own not in {one.identity.casefold(), one.name.casefold()}]",
        "    return list(session.members)",
        (f"{MODALS}/test_remove.py::test_the_bot_itself_is_not_among_them",),
    ),
    Mutation(
        "modals: moved twice by two clicks",
        "a thread that a session has left is left alone",
        "bot/bridge/verbs.py",
        "            if leaving not in tx.threads_of(session):\n",
        "            if False:\n",
        ("tests/bot/bridge/test_threads.py::test_a_thread_that_it_has_left_already_stays_as_it_is",),
    ),
    # The same, found by nobody's plan
    Mutation(
        "walks: found sending is taken for unsent",
        "the random walks see a doubled message",
        "bot/courier/lanes.py",
        "            await self._in_doubt(item)  # it was leaving when the last process died: it may have arrived",
        "            await self._move(item, State.PENDING)",
        (WALKS,),
    ),
    Mutation(
        "walks: the settling time is ignored",
        "the random walks see what takes effect late",
        "bot/courier/lanes.py",
        "absences + 1 if self._clock.now() - since >= self._settle else 0",
        "absences + 1",
        (WALKS,),
    ),
    Mutation(
        "walks: order of arrival",
        "the random walks see an inversion",
        "bot/store/reads.py",
        '        first = "ORDER BY position, key LIMIT 1"',
        '        first = "ORDER BY key LIMIT 1"',
        (WALKS,),
    ),
    Mutation(
        "walks: our own words are not known",
        "the random walks see words that nobody said",
        "bot/bridge/echo.py",
        "    if not own.may_be(line.sender, session):\n        return None\n",
        "    return None\n",
        (WALKS,),
    ),
)  # fmt: skip

"""The Slack door."""

from __future__ import annotations

from tests.faultlab.mutations.files import AT_ONCE, CONFIRMING, MODALS, OPENING, SEVERAL
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Nothing is opened twice by a person who does not know of the first
    Mutation(
        "a command typed anew is another session",
        "a command that Slack calls failed may have been stored",
        "handlers/orders/opening.py",
        "    if order.show is None:\n        await door.bridge.open(",
        "    if True:\n        await door.bridge.open(",
        (f"{AT_ONCE}::test_a_command_that_is_typed_anew_asks_before_it_opens_another_session",),
    ),
    Mutation(
        "a command that was found is carried out in silence",
        "who asked something just when a connection broke is told what came of it, once",
        "handlers/thread.py",
        "            if self._first_time(name):  # else Slack has brought it meanwhile\n",
        "            if False:\n",
        ("tests/handlers/test_thread.py::test_a_command_that_is_found_before_slack_brings_it_is_answered_once",),
    ),
    # Who may, and what it may cost
    Mutation(
        "a yes is to whatever the click names",
        "a yes is to what was shown",
        "handlers/confirming.py",
        "    if mark != _mark(door, item, by.user):\n",
        "    if not mark:\n",
        (f"{CONFIRMING}::test_a_yes_is_to_what_was_shown_and_to_no_other_item",),
    ),
    # Budgets, stops, opt-outs
    Mutation(
        "anybody stops everything",
        "what is for administrators is for administrators",
        "handlers/orders/admin.py",
        "    if why := await door.against(order.by.user, Action.ADMIN):",
        "    if why := None:",
        ("tests/handlers/test_admin.py::test_nobody_else_may",),
    ),
    Mutation(
        "everybody has an administrators' office",
        "only administrators see how much waits",
        "handlers/home/office.py",
        "    if await door.against_all(by.user, [Wish(Action.ADMIN)], None, fresh=False):",
        "    if False:",
        ("tests/handlers/test_admin.py::test_an_administrator_has_an_office_in_their_home_and_others_have_none",),
    ),
    Mutation(
        "anybody stops everything from the Home",
        "only administrators stop everything",
        "handlers/home/office.py",
        """    by = actor(body)
    if why := await door.against(by.user, Action.ADMIN):""",
        """    by = actor(body)
    if why := None:""",
        ("tests/handlers/test_admin.py::test_nobody_else_submits_the_stop",),
    ),
    # Words and secrets
    Mutation(
        "a mention that Slack made none of is sent",
        "commands never leave Slack, however they were typed",
        "handlers/thread.py",
        "    text = with_mention(_text(words_of(event)), bot, house.names)\n",
        "    text = _text(words_of(event))\n",
        ("tests/handlers/test_thread.py::test_a_mention_that_slack_made_none_of_is_one_all_the_same",),
    ),
    # Typed sessions
    Mutation(
        "a number is dialled without being shown",
        "a person has seen every number before it is called, texted or faxed, however it was typed",
        "handlers/orders/opening.py",
        "        case Right(draft) if draft.phones and door.house.asks_first:",
        "        case Right(draft) if False:",
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
    # What happened is recorded, and stays
    Mutation(
        "a follow-up's form shows numbers unrecorded",
        "whole numbers are shown to who may look, and that is recorded",
        "handlers/orders/opening.py",
        "        await door.bridge.reveal(session.key, by)\n",
        "        pass\n",
        ("tests/handlers/test_rights.py::test_the_form_of_a_follow_up_is_a_look_at_numbers",),
    ),
    Mutation(
        "lists of sessions are for everybody",
        "what there is, is not for everybody to know",
        "handlers/modals/choosing.py",
        '    if await door.against(actor(body).user, Action.SEE):\n        return directory.session_options([], "")\n',
        "",
        ("tests/handlers/test_rights.py::test_lists_of_sessions_are_for_who_may_look",),
    ),
    # Several bots
    Mutation(
        "each bot gives the hint that one message earns",
        "the same words three times behind a load balancer",
        "handlers/thread.py",
        "        if await self._door.bridge.is_first(name):\n            where",
        "        if True:\n            where",
        (f"{SEVERAL}::test_whatever_is_brought_to_whichever_bot_is_done_once",),
    ),
    Mutation(
        "a command counts as done that another bot has only begun",
        "a command that dies with that bot",
        "handlers/thread.py",
        "        raise NotYet\n",
        "        return\n",
        (f"{SEVERAL}::test_a_command_ends_with_no_bot_that_has_only_begun_it",),
    ),
    Mutation(
        "a command that failed stays taken",
        "Slack brings it again, and nobody carries it out",
        "handlers/thread.py",
        "                await self._door.bridge.not_done(wanted.said.name())",
        "                pass",
        (f"{SEVERAL}::test_a_command_ends_with_no_bot_that_has_only_begun_it",),
    ),
    Mutation(
        "a command that is found in a thread is left to the bot that has begun it",
        "it dies with that bot",
        "handlers/thread.py",
        '            raise Unavailable("another bot has begun this command")',
        "            pass",
        (f"{SEVERAL}::test_a_command_ends_with_no_bot_that_has_only_begun_it",),
    ),
)

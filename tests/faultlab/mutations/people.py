"""Whom and what is reached: phones, channels, addresses, texts."""

from __future__ import annotations

from tests.faultlab.mutations.files import CORPUS, FETCHING, POSTER, SCOPES, TRICKS
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # Several workspaces
    Mutation(
        "a handle of two groups lets both in",
        "a handle that two groups of an organization have is nobody's",
        "bot/workspace.py",
        "for handle, meant in by_handle.items() if len(meant) == 1}\n",
        "for handle, meant in by_handle.items() if meant}\n",
        ("tests/bot/test_workspace.py::test_an_organization_is_asked_about_each_of_its_workspaces",),
    ),
    Mutation(
        "what was refused for a replaced token waits a minute",
        "a call whose token was replaced under way is made with the new one",
        "bot/workspace.py",
        "                if client.token == token:\n",
        "                if client.token:\n",
        ("tests/bot/test_workspace.py::test_what_is_posted_while_the_token_is_replaced_stands_there_once",),
    ),
    # What the other side says
    Mutation(
        "slack-sdk repeats by itself",
        "a post is tried once; only we know whether it may be repeated",
        "bot/slackweb.py",
        "base_url=base, session=session, retry_handlers=[])",
        "base_url=base, session=session)",
        ("tests/bot/test_workspace.py::test_a_lost_answer_is_a_doubt_and_one_request",),
    ),
    # Who may, and what it may cost
    Mutation(
        "any country's phones",
        "no country listed, no phone",
        "bot/phones.py",
        "        if region in self.regions:\n            return None\n",
        "        if region:\n            return None\n",
        (f"{CORPUS}::test_a_mobile_is_allowed_exactly_where_its_region_is_listed",),
    ),
    Mutation(
        "a satellite is reached where all is opened",
        "networks of no country are never reached",
        "bot/phones.py",
        "        if region == NOWHERE:\n            return NO_COUNTRY.format(e164=e164)\n",
        "",
        (f"{CORPUS}::test_nothing_opens_a_network_of_no_country",),
    ),
    Mutation(
        "an exchange that costs extra is an ordinary number",
        "what begins with 976 in its area is never reached",
        "bot/phones.py",
        '[3:6] == "976"',
        '[3:6] == "none"',
        (TRICKS,),
    ),
    Mutation(
        "what is dialled is not what was judged",
        "a number is judged in the form in which it leaves",
        "bot/phones.py",
        "    return number if written == phone.e164 else None",
        "    return number",
        ("tests/bot/test_phones.py::test_refusals_go_by_the_number_not_by_the_region_it_came_with",),
    ),
    Mutation(
        "any number is a sender",
        "nothing is sent in the name of a premium-rate number",
        "bot/phones.py",
        "        return NO_SENDER.format(shown=show_phone(phone), kind=_kind_name(kind))",
        "        return None",
        ("tests/bot/test_phones.py::test_a_sender_may_be_any_ordinary_number_of_any_country",),
    ),
    # Words and secrets
    Mutation(
        "foreign words are markup",
        "what a customer writes can mention nobody",
        "bot/text.py",
        'return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")',
        "return clean(text)",
        (
            "tests/bot/test_text.py::test_nothing_foreign_is_live_in_slack",
            "tests/bot/views/test_hostile.py::test_a_foreign_text_is_words_wherever_it_stands",
        ),
    ),
    Mutation(
        "links are unfurled",
        "Slack fetches nothing that a customer names",
        "bot/workspace.py",
        '            "unfurl_links": False,',
        '            "unfurl_links": True,',
        (
            f"{POSTER}::test_nothing_of_ours_unfurls_or_links_names",
            "tests/bot/test_workspace.py::test_a_post_links_unfurls_and_mentions_nobody_and_bears_its_name",
        ),
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
    # What is deleted is gone
    Mutation(
        "what costs money is believed for minutes",
        "user groups are read anew before what costs money",
        "bot/rights.py",
        "COSTLY_SECONDS if fresh and wish.action in COSTLY else BELIEVED_SECONDS",
        "BELIEVED_SECONDS",
        ("tests/bot/test_rights.py::test_what_costs_money_is_asked_anew_and_the_rest_is_believed_for_minutes",),
    ),
    # Scopes
    Mutation(
        "what lacks a scope is asked for again at once",
        "a call for each sign, until Slack asks for patience with everything",
        "bot/workspace.py",
        "        if 0 < wait <= UNGRANTED_SECONDS and self.scopes.lacks(*scopes_in(error.needed)):",
        "        if False:",
        (f"{SCOPES}::test_without_any_one_of_them_replies_go_out_and_answers_come_in",),
    ),
    Mutation(
        "a channel of unknown kind is a private one",
        "what a policy allows in private channels only",
        "bot/rights.py",
        "            return Place(channel, None if isinstance(error, SlackUngranted) else PlaceKind.PRIVATE)",
        "            return Place(channel, PlaceKind.PRIVATE)",
        (f"{SCOPES}::test_a_channel_of_unknown_kind_is_let_in_by_no_rule_about_kinds",),
    ),
)

"""Every example number that libphonenumber knows, of every kind and region, against the guard: the counts are pinned.

When an update of the library moves one of them, somebody looks at what has changed and writes the new count here.
"""

from collections import Counter

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from bot.model import Phone
from bot.phones import NOWHERE, OPENED_BY, SWITCHED_OFF, PhoneRules, country_name, read_phone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EVERYWHERE = frozenset({*REGIONS, NOWHERE})
TEXTS = PhoneRules(EVERYWHERE)
OPENED = PhoneRules(EVERYWHERE, frozenset(OPENED_BY.values()))

# How many regions have an example; how many of these may be texted, may be called, may be texted once all is opened.
COUNTS = {
    "FIXED_LINE": (245, 16, 245, 245),  # 16 plans do not tell fixed lines from mobile phones
    "MOBILE": (244, 244, 244, 244),
    "FIXED_LINE_OR_MOBILE": (245, 16, 245, 245),
    "TOLL_FREE": (184, 0, 0, 184),
    "PREMIUM_RATE": (150, 0, 0, 0),
    "SHARED_COST": (53, 0, 0, 0),
    "VOIP": (94, 0, 0, 94),
    "PERSONAL_NUMBER": (59, 0, 0, 0),
    "PAGER": (23, 0, 0, 0),
    "UAN": (62, 0, 0, 62),
    "VOICEMAIL": (15, 0, 0, 0),
    "UNKNOWN": (0, 0, 0, 0),
}
NO_COUNTRY = (800, 808, 870, 878, 881, 882, 883, 888, 979)
KINDS = {name: kind for name, kind in vars(PhoneNumberType).items() if name.isupper() and isinstance(kind, int)}


def examples(kind):
    """The library's own examples of one kind, each as it would be dialled."""
    found = (phonenumbers.example_number_for_type(region, kind) for region in REGIONS)
    return [phone(number) for number in found if number is not None]


def phone(number):
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(written, phonenumbers.region_code_for_number(number) or NOWHERE)


def test_there_are_as_many_regions_as_were_looked_at():
    assert (len(REGIONS), sorted(KINDS)) == (245, sorted(COUNTS))


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_the_verdicts_on_all_examples_of_a_kind(name):
    phones = examples(KINDS[name])
    texts = [each for each in phones if TEXTS.refusal(each) is None]
    calls = [each for each in phones if TEXTS.refusal(each, call=True) is None]
    opened = [each for each in phones if OPENED.refusal(each) is None]
    assert (len(phones), len(texts), len(calls), len(opened)) == COUNTS[name]


@pytest.mark.parametrize("name", ["PREMIUM_RATE", "SHARED_COST", "PERSONAL_NUMBER", "PAGER", "VOICEMAIL"])
def test_what_is_never_reached_is_called_by_nobody_either(name):
    verdicts = Counter(OPENED.refusal(each, call=True) is None for each in examples(KINDS[name]))
    assert verdicts == {False: COUNTS[name][0]}


@pytest.mark.parametrize("example", examples(PhoneNumberType.MOBILE), ids=lambda each: each.region)
def test_a_mobile_is_allowed_exactly_where_its_region_is_listed(example):
    assert read_phone(example.e164, "US") == example
    others = frozenset(REGIONS) - {example.region}
    assert PhoneRules(frozenset({example.region})).refusal(example) is None
    assert PhoneRules(frozenset()).refusal(example) == SWITCHED_OFF
    assert PhoneRules(others).refusal(example) == (
        f"{example.e164} belongs to {country_name(example.region)}, where phones are not allowed. "
        f"An administrator can allow them by adding {example.region} to EVOBOT_PHONE_REGIONS."
    )


def test_networks_of_no_country_are_those_that_were_looked_at():
    assert sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS) == list(NO_COUNTRY)


@pytest.mark.parametrize("code", NO_COUNTRY)
def test_nothing_opens_a_network_of_no_country(code):
    """Not even its region in the list of what is allowed."""
    example = phone(phonenumbers.example_number_for_non_geo_entity(code))
    refusal = (
        f"{example.e164} belongs to no country (a satellite or an international service). Those are never reached."
    )
    assert OPENED.refusal(example) == OPENED.refusal(example, call=True) == refusal

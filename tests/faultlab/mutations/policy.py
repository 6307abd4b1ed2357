"""Who may do what."""

from __future__ import annotations

from tests.faultlab.mutations.files import DECIDING, POLICY
from tests.faultlab.mutations.mutation import Mutation

MUTATIONS = (
    # What is deleted is gone
    Mutation(
        "what allows wins",
        "a rule that denies wins over any that allows",
        "bot/policy/deciding.py",
        "    if forbidden is not None:\n        return _verdict(forbidden, FORBIDDEN, subject, wish)\n",
        "",
        (f"{DECIDING}::test_a_rule",),
    ),
    Mutation(
        "a group names its guests",
        "guests and partners must be named themselves",
        "bot/policy/deciding.py",
        "return (ordinary or not sure) and any(",
        "return any(",
        (f"{DECIDING}::test_a_rule",),
    ),
    Mutation(
        "shared channels are like any other",
        "what another organization sees must be listed",
        "bot/policy/deciding.py",
        "        return place.kind is not PlaceKind.SHARED or not allows",
        "        return True",
        (f"{DECIDING}::test_what_holds_where_nobody_has_said_anything_else",),
    ),
    Mutation(
        "whoever can write the policy is believed",
        "nobody but its owner gives rights",
        "bot/policy/file.py",
        "    if mode & OTHERS_WRITE:",
        "    if False:",
        (f"{POLICY}/test_file.py::test_who_can_write_it_could_give_themselves_rights",),
    ),
    Mutation(
        "a policy that cannot be read counts as none",
        "the defaults never stand in for a policy that is there",
        "bot/policy/file.py",
        "load(USUAL) if os.path.lexists(USUAL) else",
        "load(USUAL) if USUAL.exists() else",
        (f"{POLICY}/test_file.py::test_what_is_there_and_cannot_be_read_is_told",),
    ),
    Mutation(
        "everyone can be allowed something",
        "guests, partners and bots are listed one by one",
        "bot/policy/words.py",
        "    if role is Role.EVERYONE and allows:",
        "    if False:",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "creator is said of what nobody has opened",
        "a rule means what it says: creator of nothing is everybody",
        "bot/policy/words.py",
        "    if role is Role.CREATOR and others:",
        "    if False:",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "any kind of people can be administrators",
        "administrators are listed",
        "bot/policy/words.py",
        "    if role in ADMIN_ROLES:",
        "    if role:",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "a name counts as an id",
        "who is meant in a rule is never guessed",
        "bot/policy/words.py",
        "    raise Wrong(_nobody(word))",
        "    return Who(users=frozenset({word}))",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "what a policy does not know it overlooks",
        "a misspelt key is no key that was left out",
        "bot/policy/sections.py",
        "            if key not in keys:",
        "            if False:",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "an empty list speaks of all",
        "what narrows a rule is not empty",
        "bot/policy/sections.py",
        "        elif not value and not empty:",
        "        elif False:",
        (f"{POLICY}/test_reading.py::test_what_is_wrong_is_said_with_its_line",),
    ),
    Mutation(
        "an address of another organization counts",
        "only our own workspace says whose an address is",
        "bot/policy/deciding.py",
        " and (subject.home or not sure)",
        "",
        (f"{DECIDING}::test_a_rule",),
    ),
)

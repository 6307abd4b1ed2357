"""Policy files that cannot be used, and everything that is said of each, word for word."""
# ruff: noqa: E501 - what is said stands here as it is

from __future__ import annotations


def rule(**keys: str | None) -> str:
    """A rule that is well, but for what is given; None leaves a key out."""
    said = {"name": '"x"', "who": '["members"]', "what": '["see"]', **keys}
    return "[[allow]]\n" + "".join(f"{key} = {value}\n" for key, value in said.items() if value is not None)


def deny(**keys: str | None) -> str:
    return rule(**keys).replace("allow", "deny")


WHO = "It may be members, owners, admins, creator, guests, partners, bots or everyone; the id of a person (U012AB3CD) or of a user group (S012AB3CD); an e-mail address; or a user group's @handle."
WHAT = "It may be see, reply, chat, call, fax, invite, phone, number, remove, hold, link, end, settle, reveal, approve, admin, create or everything."
WHERE = "It may be public, private, dm, group-dm or shared, or the id of a channel (C012AB3CD)."
PERSON = "In Slack their id stands in their profile, under ⋮, “Copy member ID”."
CHANNEL = "In Slack its id stands at the very end of the channel's details."
PARTS = "There are allow, deny, admins, phones, budgets and retention."
KEYS = "There are name, who, what, where, regions and numbers."
NAME = 'It is what people read when they are refused, such as name = "the night shift".'
SIGNS = "so it is on one line, with single spaces and nothing invisible, and without < > & “ ”."
TOML = "this is not TOML"
ID = "Names are not unique, so people are listed by id or e-mail address."
VALUE = 'here must be a value: a text in "quotes", a number, true, false or a [list].'
ADMINS = "List people by id or e-mail address, user groups, or owners."
PHONES = "It must be a whole number of phones from 0 to 1,000,000."
DAYS = "It must be a number of days from 0 to 36,500."
MINUTES = "It must be a number of minutes from 0.5 to 60."
E164 = "as it must be written here: + and the country code, then digits alone, such as +15035550123."
CODE = "A code has two letters, such as US or GB."

BAD = [
    ("who = members\n", [f"1:7: {TOML}: {VALUE}"]),
    ("members\n", [f"1:8: {TOML}: a key needs = and a value."]),
    ("= 1\n", [f"1:1: {TOML}: here must be a key, such as who, or a table, such as [[allow]]."]),
    ("[phones]\n[phones]\n", [f"2:8: {TOML}: this table stands there twice."]),
    ("[budgets]\nper_user_day = 1\nper_user_day = 2\n", [f"3:17: {TOML}: this stands there twice."]),
    (
        '[[allow]]\nwho = ["members"\nwhat = ["see"]\n',
        [f"3:1: {TOML}: a list needs commas between what is in it, and ] at its end."],
    ),
    ('[[allow]]\nname = "x\n', [f"2:10: {TOML}: a text does not end: its closing quote is missing."]),
    ('[[allow]\nname = "x"\n', [f"1:8: {TOML}: this table's name ends with ]]."]),
    ("[phones]\nsecond_person = True\n", [f"2:17: {TOML}: {VALUE}"]),
    ('[[allow]]\nname = "x" who = ["members"]\n', [f"2:12: {TOML}: here must be the end of the line."]),
    ("[[allow]]\nname = “x”\n", [f"2:8: {TOML}: {VALUE}"]),
    ("[budgets]\nper_user_day = " + "1" * 5000 + "\n", [f" {TOML}: a number is too long."]),
    ("a = " + "[" * 5000, [" lists in lists in lists, deeper than anything a policy says."]),
    (
        '[[allow]]\nname = "\\q"\n',
        [f"2:11: {TOML}: \\ means something else in a text; write \\\\, or put the text into 'single quotes'."],
    ),
    ('[[allow]]\nname = "\x1b"\n', [f"2:9: {TOML}: Illegal character '\\x1b'."]),
    ('allow = { name = "x", }\n', [f"1:23: {TOML}: here must be a key, such as who."]),
    ("[retention]\nwords = 012\n", [f"2:10: {TOML}: here must be the end of the line."]),
    ("x = 'a\n", [f"2: {TOML}: a text does not end: its closing quote is missing."]),
    ('regions = ["US" "GB"]\n', [f"1:17: {TOML}: a list needs commas between what is in it, and ] at its end."]),
    ('title = "ours"\n', [f"1: “title” is no part of a policy. {PARTS}"]),
    ('[[alow]]\nname = "x"\n', [f"1: “alow” is no part of a policy. Did you mean “allow”? {PARTS}"]),
    ('[[rules]]\nname = "x"\n', [f"1: “rules” is no part of a policy. Did you mean “allow”? {PARTS}"]),
    ('[phone]\nregions = ["US"]\n', [f"1: “phone” is no part of a policy. Did you mean “phones”? {PARTS}"]),
    ("[users]\n", [f"1: “users” is no part of a policy. {PARTS}"]),
    ("[limits]\nper_user_day = 1\n", [f"1: “limits” is no part of a policy. Did you mean “budgets”? {PARTS}"]),
    ('[allow]\nname = "x"\n', ["1: there can be several of these, so each is written with two: [[allow]]."]),
    (
        "allow = true\n",
        ["1: allow is no table, so there can be no rules in it. A rule begins with [[allow]] on a line of its own."],
    ),
    (
        'deny = [1, "x"]\n',
        [
            "1: a number (1) is no table, so there can be no rules in it. A rule begins with [[deny]] on a line of its own.",
            "1: a text (“x”) is no table, so there can be no rules in it. A rule begins with [[deny]] on a line of its own.",
        ],
    ),
    ('[[phones]]\nregions = ["US"]\n', ["1: there is one of these, so it is written with one: [phones]."]),
    ("budgets = 5\n", ["1: budgets is a number (5), and must be a table that begins with [budgets]."]),
    ('retention = "long"\n', ["1: retention is a text (“long”), and must be a table that begins with [retention]."]),
    ('admins = ["U012AB3CD"]\n', ["1: admins is a list, and must be a table that begins with [admins]."]),
    (
        "[[allow]]\n",
        [f"1: this rule has no name. {NAME}", f"1: this rule has no what. {WHAT}", f"1: this rule has no who. {WHO}"],
    ),
    (rule(name=None), [f"1: this rule has no name. {NAME}"]),
    (rule(who=None), [f"1: this rule has no who. {WHO}"]),
    (rule(what=None), [f"1: this rule has no what. {WHAT}"]),
    (rule(name='""'), [f"2: this rule's name is empty. {NAME}"]),
    (rule(name='"   "'), [f"2: this rule's name is empty. {NAME}"]),
    (rule(name="3"), [f"2: name is a number (3), and must be a text. {NAME}"]),
    (rule(name='"a\\nb"'), [f"2: “a b” is no name of a rule: it stands in messages, {SIGNS}"]),
    (rule(name='"<!channel>"'), [f"2: “<!channel>” is no name of a rule: it stands in messages, {SIGNS}"]),
    (rule(name='"a\\u202Eb"'), [f"2: “ab” is no name of a rule: it stands in messages, {SIGNS}"]),
    (
        rule(name='"' + "n" * 81 + '"'),
        ["2: “nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…” has 81 characters; a name has at most 80."],
    ),
    (rule() + deny(name='"X"'), ["5: “X” is the name of the rule in line 1. Call this another."]),
    (rule() + rule(), ["5: “x” is the name of the rule in line 1. Call this another."]),
    (
        deny(name='"administrators"'),
        ["1: “administrators” is the name of one of the defaults, which hold as well. Call this another."],
    ),
    (rule(users='["U012AB3CD"]'), [f"5: “users” is no key of a rule. Did you mean “who”? {KEYS}"]),
    (rule(whom='["members"]'), [f"5: “whom” is no key of a rule. Did you mean “who”? {KEYS}"]),
    (rule(channels='["C012AB3CD"]'), [f"5: “channels” is no key of a rule. Did you mean “where”? {KEYS}"]),
    (rule(colour='"red"'), [f"5: “colour” is no key of a rule. {KEYS}"]),
    (rule(**{'"who "': '["members"]'}), [f"5: “who ” is no key of a rule. Did you mean “who”? {KEYS}"]),
    (rule(who="[]"), [f"3: who is empty, so this speaks of nothing. {WHO}"]),
    (rule(who='"members"'), ['3: who is a text (“members”), and must be a list, such as who = ["…"].']),
    (rule(who='{ roles = ["members"] }'), ["3: who is a table, and must be a list."]),
    (rule(who="[3]"), ["3: a number (3) stands in who, where only texts in quotes may."]),
    (rule(who='[["members"]]'), ["3: a list stands in who, where only texts in quotes may."]),
    (rule(who='["member"]'), [f"3: “member” is no kind of people. Did you mean “members”? {WHO}"]),
    (rule(who='["Members"]'), [f"3: “Members” is no kind of people. Did you mean “members”? {WHO}"]),
    (
        rule(who='["everyone"]'),
        ["3: “everyone” can be forbidden something, not allowed it. List guests, partners or bots by their kinds."],
    ),
    (rule(who='["Ana Arnold"]'), [f"3: “Ana Arnold” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    (rule(who='["USERS"]'), [f"3: “USERS” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    (rule(who='["#support"]'), ["3: “#support” is a channel, and who lists people. Write its id into where."]),
    (rule(who='["C012AB3CD"]'), ["3: “C012AB3CD” is a channel, and who lists people. Write its id into where."]),
    (
        rule(who='["<@U012AB3CD>"]'),
        ["3: “<@U012AB3CD>” is how a mention looks inside Slack's messages. Write U012AB3CD."],
    ),
    (
        rule(who='["<!subteam^S012AB3CD|@desk>"]'),
        ["3: “<!subteam^S012AB3CD|@desk>” is how a mention looks inside Slack's messages. Write S012AB3CD."],
    ),
    (rule(who='["@ana@example.com"]'), [f"3: “@ana@example.com” is half a @handle and half an e-mail address. {WHO}"]),
    (rule(who='["ana@"]'), ["3: “ana@” is not an e-mail address."]),
    (rule(who='["Ana <ana@example.com>"]'), ["3: “Ana <ana@example.com>” is not an e-mail address."]),
    (rule(who='["mailto:ana@example.com"]'), ["3: “mailto:ana@example.com” must be an e-mail address alone."]),
    (
        rule(who='["аna@example.com"]'),
        ["3: “аna@example.com” is not an e-mail address. It contains “а” (cyrillic small letter a)."],
    ),
    (rule(who='["@"]'), [f"3: “@” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    (rule(who='["@front desk"]'), [f"3: “@front desk” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    (rule(who='[""]'), [f"3: “” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    (
        rule(who='[\n  "members",\n  "gests",  # ]\n  "partner",\n]'),
        [
            f"5: “gests” is no kind of people. Did you mean “guests”? {WHO}",
            f"6: “partner” is no kind of people. Did you mean “partners”? {WHO}",
        ],
    ),
    (
        rule(who='["creator"]', what='["create"]'),
        [
            "3: “creator” can be said of reply, remove, hold, link and end, not of “chat”, “call” or “fax”. Make another rule for the rest."
        ],
    ),
    (
        rule(who='["creator"]', what='["everything"]'),
        [
            "3: “creator” can be said of reply, remove, hold, link and end, not of “see”, “chat”, “call”, “fax”, “invite”, “phone”, “number”, “settle”, “reveal”, “approve” or “admin”. Make another rule for the rest."
        ],
    ),
    (
        deny(who='["creator"]', what='["admin"]'),
        [
            "3: “creator” can be said of reply, remove, hold, link and end, not of “admin”. Make another rule for the rest."
        ],
    ),
    (rule(what="[]"), [f"4: what is empty, so this speaks of nothing. {WHAT}"]),
    (rule(what='"see"'), ['4: what is a text (“see”), and must be a list, such as what = ["…"].']),
    (rule(what='["sea"]'), [f"4: “sea” is no action. Did you mean “see”? {WHAT}"]),
    (rule(what='["call", "Fax"]'), [f"4: “Fax” is no action. Did you mean “fax”? {WHAT}"]),
    (rule(what='["delete"]'), [f"4: “delete” is no action. {WHAT}"]),
    (rule(what='["create", true]'), ["4: true stands in what, where only texts in quotes may."]),
    (rule(where="[]"), [f"5: where is empty, so this speaks of nothing. {WHERE}"]),
    (rule(where='["#support"]'), [f"5: “#support” is a channel's name, which can change. Write its id. {CHANNEL}"]),
    (
        rule(where='["<#C012AB3CD|support>"]'),
        ["5: “<#C012AB3CD|support>” is how a mention looks inside Slack's messages. Write C012AB3CD."],
    ),
    (rule(where='["pubic"]'), [f"5: “pubic” is no kind of place. Did you mean “public”? {WHERE} {CHANNEL}"]),
    (rule(where='["T012AB3CD"]'), [f"5: “T012AB3CD” is no kind of place. {WHERE} {CHANNEL}"]),
    (rule(where='"shared"'), ['5: where is a text (“shared”), and must be a list, such as where = ["…"].']),
    (rule(where='["support"]'), [f"5: “support” is no kind of place. {WHERE} {CHANNEL}"]),
    (
        rule(what='["phone"]', regions="[]"),
        ["5: regions is empty, so this speaks of nothing. Leave regions out to speak of all."],
    ),
    (rule(what='["phone"]', regions='["UK"]'), [f"5: “UK” is no country code. United Kingdom is GB. {CODE}"]),
    (
        rule(what='["phone"]', regions='["Germany", "XX"]'),
        [f"5: “Germany” is no country code. Germany is DE. {CODE}", f"5: “XX” is no country code. {CODE}"],
    ),
    (
        rule(what='["phone"]', regions='"US"'),
        ['5: regions is a text (“US”), and must be a list, such as regions = ["…"].'],
    ),
    (
        rule(regions='["US"]'),
        ["5: regions narrows “phone”, of which this rule does not speak. Add it to what, or leave regions out."],
    ),
    (rule(what='["phnoe"]', regions='["US"]'), [f"4: “phnoe” is no action. Did you mean “phone”? {WHAT}"]),
    (rule(what='["number"]', numbers='["5035550123"]'), [f"5: “5035550123” is no telephone number {E164}"]),
    (
        rule(what='["number"]', numbers='["+1 (503) 555-0123"]'),
        [f"5: “+1 (503) 555-0123” is no telephone number {E164} Did you mean “+15035550123”?"],
    ),
    (rule(what='["number"]', numbers='["+999123456789"]'), [f"5: “+999123456789” is no telephone number {E164}"]),
    (
        rule(numbers='["+15035550123"]'),
        ["5: numbers narrows “number”, of which this rule does not speak. Add it to what, or leave numbers out."],
    ),
    (
        rule(what='["number"]', numbers="[15035550123]"),
        ["5: a number (15035550123) stands in numbers, where only texts in quotes may."],
    ),
    ('[admins]\nwho = ["members"]\n', [f"2: “members” cannot be administrators. {ADMINS}"]),
    (
        '[admins]\nwho = ["admins", "creator", "everyone"]\n',
        [
            f"2: “admins” cannot be administrators. {ADMINS}",
            f"2: “creator” cannot be administrators. {ADMINS}",
            f"2: “everyone” cannot be administrators. {ADMINS}",
        ],
    ),
    ('[admins]\nusers = ["U012AB3CD"]\n', ["2: “users” is no key of [admins]. Did you mean “who”? There is only who."]),
    ('[admins]\nwho = "U012AB3CD"\n', ['2: who is a text (“U012AB3CD”), and must be a list, such as who = ["…"].']),
    ('[admins]\nwho = ["Ana"]\n', [f"2: “Ana” is neither a kind of people nor an id. {ID} {PERSON} {WHO}"]),
    ('[phones]\nregions = "US"\n', ['2: regions is a text (“US”), and must be a list, such as regions = ["…"].']),
    ('[phones]\nregions = ["USA"]\n', [f"2: “USA” is no country code. {CODE}"]),
    (
        '[phones]\nkinds = ["mobile", "landline", "voipp"]\n',
        [
            "2: “mobile” phones are open already. kinds opens fixed, voip, toll-free and uan besides.",
            "2: “landline” is no kind of telephone number. It may be fixed, voip, toll-free or uan.",
            "2: “voipp” is no kind of telephone number. Did you mean “voip”? It may be fixed, voip, toll-free or uan.",
        ],
    ),
    (
        '[phones]\nsecond_person = "yes"\n',
        ["2: second_person is a text (“yes”). It must be true or false, without quotes."],
    ),
    ("[phones]\nsecond_person = 1\n", ["2: second_person is a number (1). It must be true or false, without quotes."]),
    ("[phones]\nconfirm_minutes = 0\n", [f"2: confirm_minutes is 0. {MINUTES}"]),
    ("[phones]\nconfirm_minutes = 1e9\n", [f"2: confirm_minutes is 1000000000.0. {MINUTES}"]),
    ('[phones]\nconfirm_minutes = "5"\n', [f"2: confirm_minutes is a text (“5”). {MINUTES}"]),
    (
        "[phones]\nconfirm = 5\n",
        ["2: “confirm” is no key of [phones]. There are regions, kinds, second_person and confirm_minutes."],
    ),
    ("[budgets]\nper_user_day = -1\n", [f"2: per_user_day is -1. {PHONES}"]),
    ("[budgets]\nper_user_day = 2.5\n", [f"2: per_user_day is 2.5. {PHONES}"]),
    ("[budgets]\nper_user_day = true\n", [f"2: per_user_day is true. {PHONES}"]),
    ('[budgets]\nper_user_day = "many"\n', [f"2: per_user_day is a text (“many”). {PHONES}"]),
    (
        "[budgets]\nper_day = 5\n",
        [
            "2: “per_day” is no key of [budgets]. There are per_user_minute, per_user_day, per_workspace_day, per_number_day, alike_per_hour and alike_digits."
        ],
    ),
    (
        "[budgets]\nalike_per_hour = 1\nalike_digits = 2\n",
        [
            "2: alike_per_hour is 1. It must be a whole number of different numbers from 2 to 1,000,000.",
            "3: alike_digits is 2. It must be a whole number of digits from 3 to 15.",
        ],
    ),
    (
        "[budgets]\nper_number_day = 99999999999999999999\n",
        ["2: per_number_day is 99999999999999999999. It must be a whole number of times from 0 to 1,000,000."],
    ),
    ("[retention]\nwords = -1\n", [f"2: words is -1. {DAYS}"]),
    ("[retention]\nwords = nan\naudit = inf\n", [f"2: words is nan. {DAYS}", f"3: audit is inf. {DAYS}"]),
    (
        "[retention]\nword = 3\n",
        ["2: “word” is no key of [retention]. Did you mean “words”? There are words, sessions, audit and hashes."],
    ),
    ("[retention]\nsessions = 1979-05-27\n", [f"2: sessions is a date or a time. {DAYS}"]),
    ("[retention]\nhashes = 40000\n", [f"2: hashes is 40000. {DAYS}"]),
]

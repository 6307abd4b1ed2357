"""What holds where no policy file says otherwise, in the words of such a file."""

from __future__ import annotations

from typing import Final

TEXT: Final = """\
# Who may do what. A rule that denies wins over any that allows; what no rule allows is refused.
# Guests, people of other organizations and bots may do nothing unless a rule names them.
# One [[allow]] of a file's own, and none of these rules holds any more; [[deny]] only ever adds.

[[allow]]
name = "members use sessions"
who = ["members"]
what = ["see", "reply", "create", "invite", "number", "remove", "hold", "link", "settle", "reveal"]

[[allow]]
name = "members reach outside phones"  # of the countries below, and after a confirmation
who = ["members"]
what = ["phone", "approve"]

[[allow]]
name = "who opened a session ends it"
who = ["creator", "owners", "admins"]
what = ["end"]

[[allow]]
name = "administrators"
who = ["admins"]
what = ["admin"]

[admins]
who = []

[phones]
regions = []  # besides EVOBOT_PHONE_REGIONS
kinds = []  # opened besides mobile phones: "fixed", "voip", "toll-free", "uan"
second_person = false  # somebody else than who asks must say yes
confirm_minutes = 5

[budgets]  # outside phones that may be reached
per_user_minute = 5
per_user_day = 20
per_workspace_day = 100
per_number_day = 3
alike_per_hour = 5  # so many different numbers alike in their first digits freeze them
alike_digits = 8

[retention]  # days
words = 30  # what was said, from the end of its session
sessions = 400
audit = 400
hashes = 90
"""

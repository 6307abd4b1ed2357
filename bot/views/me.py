"""What somebody has settled about themselves, for them alone."""

from __future__ import annotations

from bot.model import Contact, Person, Profile
from bot.views import Message
from bot.views.blocks import code, name

SENT_AS = "You are sent as *{name}*."
BY_HAND = "You have said that you are {address} at Evo Voice. `/session me unlink` takes that back."
BY_EMAIL = "Evo Voice knows you by your e-mail address, as {address}."
BY_SLACK = "That is your Slack name. `/session me link user:ID` or an e-mail address says who you are at Evo Voice."
UNKNOWN = "Slack does not tell me who you are just now."
NOTIFY = {
    True: "You get a message of your own when somebody writes in your sessions after a silence of ten minutes.",
    False: "You get no messages of your own when somebody writes. `/session me notify all` changes that.",
}


def settings(person: Person, profile: Profile | None, matched: Contact | None) -> Message:
    """`matched`: the user of Evo Voice that their e-mail address names."""
    sent_as = sent_name(person, profile)
    lines = [SENT_AS.format(name=name(sent_as)) if sent_as else UNKNOWN, _why(person, matched), NOTIFY[person.notify]]
    return Message(text="\n".join(lines), blocks=[])


def sent_name(person: Person, profile: Profile | None) -> str:
    """The name before their words: who they say they are at Evo Voice, else their name in Slack."""
    return person.evo_name or (profile.name if profile else "")


def _why(person: Person, matched: Contact | None) -> str:
    if person.evo_address:
        return BY_HAND.format(address=code(person.evo_address))
    return BY_EMAIL.format(address=code(matched.address)) if matched else BY_SLACK

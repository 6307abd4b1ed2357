"""The conversation, scene by scene. Each says what will happen, lets it happen, and checks what both sides recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from sandbox.demo import looks
from sandbox.demo.acting import NotKept, Play, Sight
from sandbox.evo.records import EffectKind
from sandbox.slack.people.outcomes import Submitted
from sandbox.slack.seeds import ANNA, BEN

JOE, MIA = "joe@example.com", "mia@example.com"
PHONE, OTHER_PHONE = "+15035550123", "+12025550123"
FOLLOW_UP = ["New follow-up"]
MASKED = {PHONE: "+1 503 •••• 0123", OTHER_PHONE: "+1 202 •••• 0123"}  # as a public channel shows them
DELIVERED, WAITING, CHECKING, KEPT, REFUSED = "✅", "⏳", "❓", "🔒", "❌"
NAME = "Broken boiler"
FIRST = "Hi, this is Anna. How can we help?"
PEOPLE = f"{JOE}\n{MIA}\nzoe@typo.example\n"
COPIES = 3
HOSTILE = "Urgent <!channel> see <https://evil.example|your bank>"


@dataclass(frozen=True, slots=True)
class Scene:
    """A heading, one or two sentences before it begins, and what is done."""

    title: str
    why: str
    act: Callable[[Play], Awaitable[None]]


# 1


async def opened(play: Play) -> None:
    await play.command(ANNA, f"chat {NAME}")
    await play.fill(ANNA, {"Other people": f"{PEOPLE}(503) 555-01", "First message": FIRST})
    refused = await play.submit(ANNA)
    await play.sure("The incomplete number is named under its field.", holds="555-01" in str(refused.errors))
    await play.fill(ANNA, {"Other people": f"{PEOPLE}(503) 555-0123"})
    await confirmed(play)
    await on_the_card(play)


async def confirmed(play: Play) -> None:
    """A phone costs money, so a person says yes to it."""
    pushed = await play.submit(ANNA)
    expect(pushed, "pushed")
    await play.read_form(ANNA)
    sight = await play.look()
    await play.sure("Nothing has left Slack before somebody confirmed.", holds=not sight.effects)
    expect(await play.submit(ANNA), "cleared")
    play.first.append(f"{play.names[ANNA]}: {FIRST}")


async def on_the_card(play: Play) -> None:
    first = play.first[-1]
    sight = await play.until("The chat is opened.", lambda now: now.done(EffectKind.SENT) == [first])
    play.session = str(sight.effects[-1].session_id)
    sight = await play.promise(
        "A card stands for the chat. It names its members, and Zoe, whom Evo Voice does not know.",
        lambda now: any(all(name in card["text"] for name in card_words()) for card in now.posts(NAME)),
    )
    play.thread = sight.posts(NAME)[0]["ts"]
    play.look_at_thread(ANNA)
    await play.promise(
        "The phone was invited once, and the first message is there once.",
        lambda now: now.done(EffectKind.INVITED) == [PHONE] and now.done(EffectKind.SENT) == [first],
    )


def card_words() -> tuple[str, ...]:
    return ("Active", "Joe Park", "Mia Stone", MASKED[PHONE], "zoe@typo.example was not added")


def expect(outcome: Submitted, wanted: str) -> None:
    if outcome.outcome != wanted:
        raise NotKept(f"The form was to be {wanted}, but: {outcome.outcome} {outcome.trouble} {outcome.errors}")


# 2


async def both_ways(play: Play) -> None:
    said = [
        await play.reply(ANNA, "Ben will come to you, Joe."),
        await play.reply(
            BEN,
            f"Hello :wave: <@{ANNA}> sent me. <https://example.com/boiler|The manual> says &lt;2 bar &amp; &gt;1 bar",
            raw=True,
        ),
    ]
    await delivered(play, said, "Both arrive in plain words, with who said it. ✅ says so in Slack.")
    await play.hear(JOE, "Thanks! Is tomorrow at 9 all right?")
    await play.hear(PHONE, "I can open the door.")
    await play.hear(PHONE, HOSTILE)
    sight = await play.promise("Every answer stands in the thread, with its author's name.", partial(answered, play))
    harmless = all("<!" not in post["text"] and "<http" not in post["text"] for post in outside(sight))
    await play.sure("The hostile one is mere letters: nobody is called, nothing can be clicked.", holds=harmless)


def answered(play: Play, now: Sight) -> bool:
    """Whatever was said at Evo Voice stands in the thread, once, in order, under its author's name."""
    heard = [effect.detail for effect in now.effects if effect.kind is EffectKind.HEARD]
    posts = outside(now)
    senders = [said["sender"] for said in heard]
    names = [play.evo_names.get(sender, MASKED.get(sender, sender)) for sender in senders]
    return [looks.outside_words(post) for post in posts] == [said["body"] for said in heard] and all(
        name in post["text"] for name, post in zip(names, posts, strict=True)
    )


def outside(sight: Sight) -> list[looks.Json]:
    return [message for message in sight.messages if looks.outside_words(message) is not None]


async def delivered(play: Play, said: list[str], promise: str) -> None:
    """Each message of the thread has its ✅ and nothing else, and stands once at Evo Voice."""

    def done(now: Sight) -> bool:
        texts = [as_sent(play, now, ts) for ts in said]
        there = [body for body in now.done(EffectKind.SENT) if body in texts]
        return there == texts and all(now.signs(ts) == [DELIVERED] for ts in said)

    await play.promise(promise, done)


def as_sent(play: Play, now: Sight, ts: str) -> str:
    message = now.message(ts)
    return f"{play.names[message['user']]}: {looks.plain(message['text'], play.names)}"


# 3


async def notes(play: Play) -> None:
    before = len((await play.look()).done(EffectKind.SENT))
    kept = [
        await play.reply(ANNA, "note: he still owes us the last invoice"),
        await play.reply(BEN, "// then I bring the card reader"),
    ]
    await play.promise(
        "Both are marked 🔒, and nothing arrived at Evo Voice.",
        lambda now: all(now.signs(ts) == [KEPT] for ts in kept) and len(now.done(EffectKind.SENT)) == before,
    )


# 4


async def three_times(play: Play) -> None:
    since = len(await play.slack.journal())
    await play.slack.delivery_faults(duplicates=COPIES - 1)
    await play.pace.beat()
    said = await play.reply(BEN, "I am there at 9.")
    await delivered(play, [said], "It arrived once.")
    await play.until("Slack brings everything.", lambda now: now.pending == 0)
    await play.slack.delivery_faults(duplicates=0)
    attempts = [e for e in await play.slack.journal("delivery", since) if e["type"] == "message"]
    await play.sure(f"Slack had brought it {len(attempts)} times.", holds=len(attempts) >= COPIES)
    await delivered(play, [said], "It is still there once.")


# 5


async def answer_lost(play: Play) -> None:
    await play.evo.fault("cut_after", "SendMessage")
    await play.evo.fault("503", "GetChatTranscript", times=None)  # for a moment, nobody can look whether it arrived
    await play.pace.beat()
    said = await play.reply(ANNA, "Ben brings a new valve.")
    await play.promise("The bot does not know yet, and says so: ❓.", lambda now: now.signs(said) == [CHECKING])
    await play.evo.clear_faults()
    await delivered(play, [said], "It looked, found it, and did not send it again: one message.")


# 6


async def away(play: Play) -> None:
    await play.evo.fault("429", times=None, seconds=1)
    await play.pace.beat()
    said = [await play.reply(user, text) for user, text in ((ANNA, "First,"), (BEN, "second,"), (ANNA, "third."))]
    await play.promise("The first one shows that it waits: ⏳.", lambda now: now.signs(said[0]) == [WAITING])
    await play.switch("Evo Voice takes requests again.", play.evo.clear_faults)
    await delivered(play, said, "All three arrived, in the order in which they were written.")


# 7


async def killed(play: Play) -> None:
    await play.evo.fault("slow", "SendMessage", seconds=5)
    said = [await play.reply(BEN, f"Measuring, {n} of 4: {n * 3} °C") for n in (1, 2)]
    await play.until("the first one arrives", lambda now: as_sent(play, now, said[0]) in now.done(EffectKind.SENT))
    await play.switch(
        "kill -9: Evo Voice has the first one, but the bot died before it read the answer.", play.stage.kill_bot
    )
    said += [await play.reply(BEN, f"Measuring, {n} of 4: {n * 3} °C") for n in (3, 4)]
    await play.hear(JOE, "Anybody there?")
    await play.pace.beat()
    await play.switch("The bot runs again.", play.stage.start_bot)
    await delivered(play, said, "All four arrived once and in order.")
    await play.promise("What Joe said meanwhile is in the thread, once.", partial(answered, play))


# 8


async def invited(play: Play) -> None:
    await play.ask_bot(ANNA, "invite ana@example.com, +1 202 555 0123, 555-01")
    sight = await play.promise(
        "Each person has a result of their own: Ana is in, 555-01 is no whole number …",
        lambda now: bool(now.posts("Ana Ruiz (ana@example.com) was invited") and now.posts("“555-01” was not invited")),
    )
    sight = await play.promise("… and the phone waits for a yes.", lambda now: bool(now.posts("wants to invite")))
    await play.press(ANNA, sight.posts("wants to invite")[0], "Check the number")
    await play.read_form(ANNA)
    await play.sure(
        "The form shows Anna the whole number; the bot's own words in the channel do not.",
        holds=whole_for_her(await play.view(ANNA), await play.look()),
    )
    expect(await play.submit(ANNA), "cleared")
    await play.promise(
        "Ana and the phone were invited, once each; nobody else was.",
        lambda now: now.done(EffectKind.INVITED) == [PHONE, "ana@example.com", OTHER_PHONE],
    )
    await play.promise(
        "The phone's result says so, too.",
        lambda now: any(MASKED[OTHER_PHONE] in post["text"] for post in now.posts("was invited")),
    )


def whole_for_her(form: looks.Json, sight: Sight) -> bool:
    """She checks what she says yes to; the channel, which everybody can read, has it masked."""
    said = "\n".join(line for message in sight.messages if "bot_id" in message for line in looks.post(message, {}))
    return OTHER_PHONE in "\n".join(looks.form(form, {})) and OTHER_PHONE not in said


# 9


async def ended(play: Play) -> None:
    await play.ask_bot(ANNA, "end")
    await play.promise(
        "The chat has ended, and the thread says so.",
        lambda now: (
            bool(now.posts("This session has ended"))
            and [effect.kind for effect in now.effects if effect.kind is EffectKind.ENDED] == [EffectKind.ENDED]
        ),
    )
    before = len((await play.look()).done(EffectKind.SENT))
    late = await play.reply(BEN, "One more thing …")
    sight = await play.promise(
        "A reply after the end is marked ❌, and its author is told.",
        lambda now: now.signs(late) == [REFUSED] and bool(now.posts("Not sent: This session has ended")),
    )
    await play.sure("It did not leave.", holds=len(sight.done(EffectKind.SENT)) == before)
    await play.promise(
        "The card says that it is over, and has no button left but one for a follow-up.",
        lambda now: any("Ended" in card["text"] and [*looks.buttons(card)] == FOLLOW_UP for card in now.posts(NAME)),
    )


OPENING = Scene(
    "A chat is opened",
    "Anna, in Slack, opens a chat at Evo Voice with two customers by e-mail, somebody with a typing mistake in "
    "the address, and a cell phone. At first she leaves out the end of its number.",
    opened,
)
SCENES = (
    OPENING,
    Scene(
        "Replies, both ways",
        "Anna and Ben simply reply in the thread below the card. The customers answer: Joe in the app, a phone by "
        "text message. One of them tries to ring everybody in the channel and to dress up a link.",
        both_ways,
    ),
    Scene("Notes stay inside", "What begins with “note:” or “//” is for colleagues only.", notes),
    Scene(
        "Slack repeats itself",
        "Slack may deliver an event more than once. Now it brings every one three times.",
        three_times,
    ),
    Scene(
        "An answer gets lost",
        "Evo Voice takes the message, then the connection breaks: nobody can tell whether it arrived. Sending it "
        "again could reach the customer twice.",
        answer_lost,
    ),
    Scene(
        "Evo Voice turns everybody away",
        "For a while Evo Voice is too busy and takes no request at all. Anna and Ben write on.",
        away,
    ),
    Scene(
        "The bot is killed",
        "In the middle of Ben's replies the bot is killed the hard way. People on both sides write on.",
        killed,
    ),
    Scene("More people come in", "Anna asks for three people in the thread. One of them cannot be read.", invited),
    Scene("The end", "Anna ends the chat. Ben has not noticed.", ended),
)

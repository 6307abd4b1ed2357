"""What people are told when something cannot be done, all of it in one place.

Each says what happened, whether anything was sent or done, and the one next step. Plain text, or safe for mrkdwn;
what is filled in is escaped by whoever fills it in.
"""

from __future__ import annotations

# Who may

GUEST = "Guests of this workspace may not use sessions. Ask a full member to do it for you."
GUEST_WRITES = "Guests of this workspace may not use sessions. Ask a full member to send it for you."
OUTSIDER = "Only people of this workspace may use sessions, not partners in a shared channel."
NO_PERSON = "Bots and deactivated accounts may not use sessions."
NOT_CHECKED = "I could not check who you are."
UNCHECKED = "I could not check who you are, so nothing was done."
CANNOT_CHECK = "I could not check who you are and who sees this channel; nothing was done. Try again."
NOT_YOURS = "Only the person who asked may decide this. Nothing was done."

NOT_ANSWERED = "Nobody said yes in time, so nothing was sent."
NOBODY_CAME = "Nobody was invited whom it was for."
DECLINED = "A colleague declined."
TAKEN_BACK_AT_CONSOLE = "Whoever looks after the bot took it back."
QUESTION_OVER = (
    "Nobody said yes in time, so this question is over and nothing was sent. Ask again if it is still wanted."
)
QUESTION_CHANGED = "This is not what the question showed any more, so nothing was sent. Open the question again."
COLLEAGUE = "You asked for this, so a colleague must say yes. Nothing was sent."
ASKED_ALREADY = "You have said yes to this already, so it was not done twice."

# Sessions that are not what was expected

NOT_LINKED = "This thread is not linked to a session, so nothing was done."
NO_SESSION_HERE = "This message is not in a session's thread."
ENDED = "This session has ended."
NEVER_OPENED = "This session was never opened."
ALREADY_OVER = "This session is over already. Nothing was done."
STILL_ALIVE = "This session has not ended yet, so nothing can follow it."
MOVED = "This session went on in <#{channel}>, so nothing was sent. Write there."
NO_TARGET = (
    "Nothing was sent: this thread shows several sessions, and none of them is chosen. `{bot} switch …` does that."
)
UNCLEAR = (
    "Kept internal: I cannot tell which session of this thread “to:{word}” means. Nothing was sent. Use its whole id."
)
FORGOTTEN = (
    "I do not know this any more: it was deleted after its time, or I was restored from an older backup. Nothing was "
    "done. Look in Evo Voice, or open a new session with `/session`."
)
FORGOTTEN_SESSION = (
    "I was restored from an older backup and do not know this session any more. Replies here are not sent. What "
    "was written here since may have been sent. Look in Evo Voice, or open a new session with `/session`."
)

SESSION_DELETED = (
    "The session of this thread ended long ago, and what was kept of it has been deleted. Nothing was sent. "
    "`/session` opens a new one."
)

# Words that are not kept any more

WORDS_AGED = "The words were deleted after {days} days."
WORDS_NOT_KEPT = "The words were deleted when the session was over."
WORDS_REMOVED = "The words were deleted with the message in Slack."
WORDS_FORGOTTEN = "The words were deleted for the sake of somebody's privacy."
REMOVED_IN_SLACK = "Its author deleted it in Slack before it was sent."
ASKED_BEFORE = (
    "Everything about this person was deleted after this was asked for. Nothing was sent. If they are to be reached "
    "all the same, ask anew."
)
FORGOTTEN_PERSON = "(forgotten)"  # instead of a name, a number or an address

# What was typed

NOTHING_OF_IT = (
    "I know nothing of that which you can see: it was no message to a session, or it is too old. Give a link to the "
    "message, or the number after “ref”."
)
NOTHING_OF_YOURS = "You have asked for nothing yet that I know of."
UNKNOWN_SESSION = "No session that you can see matches “{typed}”, so nothing was done. `/session list` shows them."
AMBIGUOUS = "{n} sessions match “{typed}”, so nothing was done. Use the id:\n{listed}"
NO_LAST = "You have not used a session yet. Say which one: its id, its name in quotes, or a link to its thread."
WHICH_THREAD = "Say which thread: add `thread:` and a link to a message in it. Nothing was done."
WHICH_CHANNEL = "I cannot tell which channel “#{name}” is. Choose it from Slack's list. Nothing was done."
OTHER_SLACK = "That link leads to another Slack workspace. Nothing was done."
NOT_SEEN = "You cannot see that channel, or I am not in it. Nothing was done."
NOT_IN_CHANNEL = "I am not in that channel. Type `/invite @Evo` there, then try again. Nothing was done."
NOT_IN_CHANNEL_FORM = "I am not in that channel. Type `/invite @Evo` there, then submit again."
NOT_IN_MESSAGES = "A session's card cannot stand among direct messages. Use this on a message in a channel where I am."
NOT_HERE_YET = "Its card does not stand yet, so it cannot be moved. Try again in a moment."
ALREADY_THERE = "It is there already. Nothing was done."
NOT_IN_IT = "“{name}” is not shown in this thread. `{how} link` brings it here. Nothing was done."
TAKES_NO_TEXT = "A call or a fax takes no text, so nothing was sent. `{how} note` keeps it beside the session."
ONLY_CALLS = "Only a call can be put on hold. Nothing was done."
DIRECTORY_AWAY = "Evo Voice does not answer just now, so I cannot look whom you mean. Nothing was changed."
NO_SUCH_USER = "No user of Evo Voice that I can see is {typed}. Nothing was changed."

# People

NO_EMAIL = "I cannot see an e-mail address for {name}. Type it, or ask an administrator to allow users:read.email."
NO_EMAIL_BELOW = "No e-mail is visible for {name}. Type the address below, or ask an admin to allow users:read.email."
NO_EMAIL_MEMBER = (
    "I cannot see an e-mail address for <@{user}>, so I cannot tell which member they are. Type the address."
)
SILENT = "Slack did not tell me their e-mail addresses in time. Submit again, or type the addresses below."
NO_SUCH_HANDLE = "“@{name}” is nobody that Slack knows. Type @ and choose the person from the list."
NOT_BY_ID = "“{address}” cannot be invited by id. Use the e-mail address of their Evo Voice user."
NO_MEMBER = "{who} is not in this session, so nothing was done. In it: {members}."
SEVERAL_MEMBERS = "{who} fits more than one member, so nothing was done. Use the address or number: {members}."
NOT_LISTED = "Evo Voice took the invitation, but does not list this person: not an Evo Voice user? Please check"
NUMBER_NOT_LISTED = "Evo Voice took the invitation, but does not list this number. Please check"

# What was sent, or may have been

NOTHING_SENT = "Nothing was sent."
NOTHING_TO_SEND = "There was nothing to send in this message."
AWAY = "I was away when this was written, so it has not been sent."
COMMAND_TOO_LATE = "I was away when a command was written here, so it was not carried out."
COMMAND_IN_DOUBT = (
    "I was restored from an older backup and do not know whether a command that was written here was carried out."
)
WRITE_AGAIN = "Write it again if it is still wanted."
NO_TRACE = "The connection broke after sending, and Evo Voice does not show it."
NO_TELLING = "The connection broke after sending, and more than one session there could be this one."
NO_LOOK = "The connection broke after sending, and for an hour nobody could look whether Evo Voice has it."
WAITED = "Evo Voice could not be reached for an hour."
MAYBE_SENT = "I was restored from an older backup: it may have been done since, but I cannot find it."
UNUSABLE_ID = "Evo Voice opened it under an id that cannot be used safely. Please end it there."
NO_CARD = (
    "I could not post the card of your session “{name}” in the channel you chose ({code}). Type /invite and my "
    "name there; I try again every ten minutes."
)
NO_THREAD = (
    "I cannot post in the thread of your session “{name}” any more ({code}). What the other side says is kept; I "
    "try again every ten minutes."
)
SHARED = (
    "The channel of your session “{name}” is shared with another organization, so nothing more of the session is shown "
    "there, and replies there are not sent. Move it to another channel, or ask an administrator to allow this one in "
    "the policy."
)

# Budgets, stops, opt-outs

LIMIT_OF_USER = "You have reached {n} within {window}"
LIMIT_OF_WORKSPACE = "This workspace has reached {n} within {window}"
LIMIT_OF_NUMBER = "{number} has been reached {n} within {window}"
PAST_LIMIT = "and {wanted} more would pass the limit of {limit}"
AT_ONCE_LIMIT = (
    "This would reach {wanted} outside phones at once, and the limit is {limit} within {window}. Choose fewer."
)
NO_PHONE_AT_ALL = "No outside phone may be reached: the limit is none within {window}."
FROZEN = (
    "Too many different numbers that begin with {shown} were to be reached within an hour. Nothing goes to such "
    "numbers until an administrator lifts that."
)
FROZEN_NEWS = (
    "{n} different numbers that begin with {shown} were to be reached within an hour. Nothing goes to such numbers any "
    "more until an administrator lifts it: `/session admin lift` and one of the numbers."
)
LETTERS_TROUBLE = (
    "{n} {messages} could not be read because of a mistake in this program (see the log); kept, and tried again at the "
    "next start"
)
FROZEN_TROUBLE = "numbers that begin with {shown} are frozen: too many different ones within an hour"
OPTED_OUT = "{number} wrote {word}, so nothing is sent to it. They can text START, or an administrator can lift it."
OPTED_OUT_MEMBER = (
    "{number} is in this session and wrote {word}, so nothing is sent. Take them out of the session; or they text "
    "START; or an administrator lifts it."
)
OPTS_OUT = (
    "{number} wrote {word}. Nothing more is sent to this number until it is lifted: they text START, or an "
    "administrator lifts it."
)
OPTS_IN = "{number} wrote {word}. Messages can be sent to this number again."
LIFTED_HERE = "An administrator lifted the {word} of {number}. Messages can be sent to it again."
HELD_BACK = "Everything that leaves to Evo Voice was stopped by an administrator"
STOPPED = f"{HELD_BACK}{{why}}."
STOPPED_NOW = (
    "Everything that leaves to Evo Voice is stopped by an administrator{why}. Nothing was sent. Try again when it goes "
    "on."
)
STOPPED_TROUBLE = "everything that leaves to Evo Voice is stopped by an administrator{why}"
STOP_BANNER = (
    "⛔ Everything that leaves to Evo Voice is stopped{why}. Nothing is sent until an administrator resumes it."
)
STOP_BEGINS = (
    "An administrator stopped everything that leaves to Evo Voice{why}. Nothing is sent from here now; only what was "
    "on its way at that moment may still arrive."
)
STOP_ENDS = (
    "Everything goes on: what is written from now on is sent. What was held back is not sent by itself; each waits for "
    "somebody to decide."
)
STOPPED_CLICK = (
    "Everything that leaves to Evo Voice is stopped by an administrator, so your click changed nothing. The buttons "
    "work again when it goes on."
)
STOPPED_REPLY = "Not sent: everything that leaves is stopped by an administrator. A question in the thread keeps it."

STOPPED_NEWS = (
    "Nothing leaves to Evo Voice any more: no session is opened, nobody is invited, nothing is sent, no call is "
    "resumed. What was on its way at this moment cannot be taken back. `/session admin resume` ends this."
)
STOPPED_ALREADY = "Everything was stopped before. Nothing was changed."
GOES_ON_NEWS = "Everything goes on. What was held back is not sent by itself: each waits for somebody to decide."
NOT_STOPPED = "Nothing was stopped, so nothing was changed."
LIFTED = "Lifted: {what}. This number can be reached again."
NOT_LIFTED = "Nothing stood against this number, so nothing was changed."
AUDIT_WHAT = "I cannot tell whom or what that means. Give a person, a number, an e-mail address or a session's id."
POLICY_WHAT = (
    "Say who would do what, like `/session admin policy test @ana invite +44 20 7946 0018`; `in #channel` and `others` "
    "(a session of somebody else) may follow. Nothing was done."
)
LIFT_WHAT = "Say which number, like `/session admin lift +1 503 555 0123`. Nothing was changed."

# On our side

TOO_SLOW = "That took too long. Please type it again."
TOO_SLOW_CLICK = "That took too long. Please try it again."
TOO_LATE = "This has been settled in the meantime, so your click changed nothing."
NOT_STORED = "I could not store this, so nothing was done. Please try again."
NOT_KNOWN = "I do not know what this asks of me, so nothing was done."
DRAFT_GONE = "That question expired, so nothing was sent. Please fill in the form again."
BROKEN = "Something broke on my side."
WELL = "All is well: Slack and Evo Voice are connected."
UNWELL = "Not everything is well:\n{listed}"

# Installing the app, as pages and in Slack
INSTALL_PAGE = (
    "This lets your team open Evo Voice sessions from Slack and answer in threads. After you have added it, the person "
    "who runs it must connect your workspace to an Evo Voice login; until then it does nothing."
)
INSTALLED = (
    "Added to {name}. Nothing is sent yet: ask the person who runs this bot to connect the workspace {id} "
    "to an Evo Voice login."
)
INSTALL_STALE = "This page is too old, was used before, or belongs to another browser. Nothing was changed; begin anew."
INSTALL_CANCELLED = "Slack says that you have not added it. Nothing was changed."
INSTALL_AGAIN = "Slack did not confirm it. If the app is not in your workspace, begin anew."
INSTALL_LATER = "The bot cannot take it just now. Nothing was changed; begin anew in a minute."
APP_GONE = "the app is not in Slack there any more"
APP_STAYS = "its token is revoked, and somebody there can remove what is left of the app in Slack"
APP_LEFT = "Slack did not take the app out there: somebody of theirs must remove it"
NOT_CONNECTED = (
    "Nothing was done: this workspace is not connected to Evo Voice. The person who runs this bot can connect it."
)
NEEDS_FILES = "{} belongs to a bot that serves several workspaces, which needs files. Nothing was moved."

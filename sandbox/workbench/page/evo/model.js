// What the Evo Voice collections mean to somebody who looks at them. Pure: nothing here draws or asks.

const CHANNELS = { Chat: ["💬", "Chat"], Voice: ["📞", "Voice"], Fax: ["📠", "Fax"] };
const KINDS = { user: ["👤", "user"], phone: ["📱", "phone"], team: ["👥", "team"] };
const PHONE = /^\+[1-9]\d{6,14}$/;
const OURS = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+\/media\/[\da-f]{1,64}$/;
const MILLI = 1000; // the stand-in counts in microseconds

export const CALL_STATES = ["Ringing", "Connected", "Hold", "Passive", "Disconnected"];

export const channelOf = (session) => CHANNELS[session.info.channel] ?? ["❔", String(session.info.channel)];
export const nameOf = (session) => session.info.displayName || "(no name)";
export const hasEnded = (session) => session.completed !== null;
export const isPhone = (identity) => PHONE.test(identity);

/** "active · Connected", as far as it says more than the one word. */
export function stateOf(session) {
  if (hasEnded(session)) return "ended";
  const { callState } = session.info;
  return callState ? `active · ${callState}` : "active";
}

/** As people type it: "+1 (202) 555-0123" is a number, anything else stays as it is. */
export function identityOf(typed) {
  const digits = typed.replace(/[\s().\-/]/g, "");
  return isPhone(digits) ? digits : typed.trim();
}

/** [sign, word] of a member: what kind of endpoint is behind it. */
export function kindOf(member, people) {
  if (isPhone(member.identity)) return KINDS.phone;
  return people.has(`team:${member.endpointId}`) ? KINDS.team : KINDS.user;
}

/** Sessions with their messages and the moment something last happened, the liveliest first. */
export function overview(sessions, messages) {
  const spoken = Map.groupBy(messages.values(), (message) => message.session_id);
  const rows = [...sessions.values()].map((session) => {
    const lines = (spoken.get(session.id) ?? []).sort((one, other) => one.number - other.number);
    const last = lines.at(-1);
    return { session, lines, last, active: Math.max(session.modified, last?.at ?? 0) };
  });
  return rows.sort((one, other) => other.active - one.active || (one.session.id < other.session.id ? 1 : -1));
}

/** The one that was opened last. */
export function newest(rows) {
  return rows.reduce((best, row) => (!best || row.session.created > best.session.created ? row : best), null);
}

/** Texts that belong to no session, newest first. */
export function loose(messages) {
  const alone = [...messages.values()].filter((message) => !message.session_id);
  return alone.sort((one, other) => other.number - one.number);
}

/** Who an address is: the member's name, else the directory's, else the address. */
export function speaker(identity, session, people) {
  const same = (other) => other?.toLowerCase() === identity.toLowerCase();
  const member = session?.members.find((one) => same(one.identity));
  if (member) return member.displayName;
  for (const person of people.values()) if (same(person.email) || same(person.number)) return person.name || identity;
  return identity;
}

/** Whether the stand-in itself serves it: an address on this machine, in the form that it gives out. */
export const isOurFile = (uri) => OURS.test(uri);

/** Where the card of a session stands in Slack: the bot writes the session's id into the card's metadata. */
export function cardOf(sessionId, slackMessages) {
  const card = [...slackMessages.values()].find((message) => message.metadata?.event_payload?.session === sessionId);
  return card ? { room: card.channel, thread: card.thread_ts ?? card.ts } : null;
}

export function clock(moment) {
  return new Date(moment / MILLI).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function day(moment) {
  return new Date(moment / MILLI).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
}

/** The time today, the day before that. */
export function when(moment) {
  const today = new Date().toDateString() === new Date(moment / MILLI).toDateString();
  return today ? clock(moment) : day(moment);
}

export const exactly = (moment) => new Date(moment / MILLI).toLocaleString("en-GB");

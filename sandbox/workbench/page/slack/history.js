// Messages sorted into rooms and threads, and into what a log shows. Everything here is computed from collections.
import { dayKey } from "./times.js";

const TOGETHER_SECONDS = 300;
const NOTHING = { channel: [], threads: new Map() };
let sorted = { from: null, rooms: new Map() };

const byTs = (one, other) => (one.ts < other.ts ? -1 : 1);

/** {channel: messages, threads: parent's ts → replies} of a room; kept as long as the collection is the same. */
export function historyOf(messages, room) {
  if (sorted.from !== messages) sorted = { from: messages, rooms: sort(messages) };
  return sorted.rooms.get(room) ?? NOTHING;
}

function sort(messages) {
  const rooms = new Map();
  for (const message of [...messages.values()].sort(byTs)) {
    if (!rooms.has(message.channel)) rooms.set(message.channel, { channel: [], threads: new Map() });
    place(rooms.get(message.channel), message);
  }
  return rooms;
}

function place(room, message) {
  const isReply = message.thread_ts && message.thread_ts !== message.ts;
  if (!isReply || message.subtype === "thread_broadcast") room.channel.push(message);
  if (!isReply) return;
  if (!room.threads.has(message.thread_ts)) room.threads.set(message.thread_ts, []);
  room.threads.get(message.thread_ts).push(message);
}

/** How many messages in the room are newer than `since`, and by others. */
export function unreadOf(messages, room, me, since) {
  const { channel } = historyOf(messages, room);
  let count = 0;
  for (let at = channel.length - 1; at >= 0 && channel[at].ts > since; at -= 1) {
    if (channel[at].user !== me && channel[at].subtype !== "tombstone") count += 1;
  }
  return count;
}

const writerOf = ({ username, bot_id, user }) => (username ? `${bot_id}|${username}` : user ?? bot_id);

/** Rows of a log: {key, message, note?, first, day?, fresh?}. `notes` are what only this person sees. */
export function rowsOf(messages, notes, { newSince = "", me = "" } = {}) {
  const all = notes.length ? [...messages, ...notes].sort(byTs) : messages;
  const rows = [];
  let before = null;
  let marked = !newSince;
  for (const message of all) {
    const day = before === null || dayKey(before.ts) !== dayKey(message.ts);
    const fresh = !marked && message.ts > newSince && message.user !== me;
    if (fresh) marked = true;
    const first = day || fresh || !continues(before, message);
    rows.push({ key: message.only ? `only-${message.ts}` : message.ts, message, day, fresh, first });
    before = message;
  }
  return rows;
}

function continues(before, message) {
  if (before.only || message.only || before.subtype === "tombstone"
    || message.subtype === "thread_broadcast") return false;
  return writerOf(before) === writerOf(message) && Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;
}

/** What only `me` sees in a room, or in one of its threads; as messages marked with `only`. */
export function notesOf(ephemerals, own, { me, room, thread = "", dismissed }) {
  const shown = [];
  for (const note of [...ephemerals.values(), ...own]) {
    const here = (note.reader ?? note.user) === me && note.channel === room && (note.thread_ts ?? "") === thread;
    if (here && !dismissed.has(`${me}/${note.ts}`)) shown.push(only(note));
  }
  return shown;
}

const marked = new WeakMap();

/** The same object for the same note, so that rows can compare. The feed's `user` is the reader, not the author. */
function only(note) {
  if (!marked.has(note)) marked.set(note, { ...note, user: note.author ?? null, only: true });
  return marked.get(note);
}

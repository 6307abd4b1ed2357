// Who somebody is, and what they may see and do, as a Slack client decides it.
import { html } from "../vendor/ui.js";

const COLOURS = 10;
export const SLACKBOT = "USLACKBOT";

/** What every part needs to know; memoised by the pane, so that rows can compare it. `signs`: emoji can be drawn. */
export function standing(me, people, app, room, signs = false) {
  return { me, people, app, room, signs, person: people.get(me), inside: Boolean(room?.members.includes(me)) };
}

export function nameOf(id, { people }) {
  if (id === SLACKBOT) return "Slackbot";
  const person = people.get(id);
  return person ? person.shown || person.real_name : id || "Unknown";
}

export const isOutsider = (person, { people, app }) => person.is_stranger
  || person.team_id !== people.get(app.bot_user)?.team_id;
export const isFull = (person, at) => Boolean(person) && !person.is_restricted && !isOutsider(person, at);
export const canAct = (person) => !person.is_bot && !person.deleted;

export function badgeOf(person, at) {
  if (isOutsider(person, at)) return "external";
  if (person.is_restricted) return "guest";
  return person.is_admin ? "admin" : "member";
}

export const isDirect = (room) => room.kind === "im" || room.kind === "mpim";
export const isPrivate = (room) => room.kind === "private_channel";
export const hasApp = (room, app) => room.members.includes(app.bot_user);

/** Public channels are there for every full member; everything else only for who is in it. */
export function canSee(room, at) {
  if (room.members.includes(at.me)) return true;
  return room.kind === "public_channel" && isFull(at.people.get(at.me), at);
}

export function roomName(room, at) {
  if (!isDirect(room)) return room.name;
  const others = room.members.filter((id) => id !== at.me && !(room.kind === "mpim" && id === at.app.bot_user));
  return others.map((id) => nameOf(id, at)).join(", ") || nameOf(at.me, at);
}

/** What the sidebar shows, in its order. */
export function roomsOf(rooms, at) {
  const seen = [...rooms.values()].filter((room) => canSee(room, at)).sort((one,
    other) => one.name.localeCompare(other.name));
  const direct = seen.filter(isDirect);
  const channels = seen.filter((room) => !isDirect(room));
  const withApp = (room) => room.kind === "im" && hasApp(room, at.app);
  return {
    channels: channels.filter((room) => !room.is_archived && room.members.includes(at.me)),
    others: channels.filter((room) => !room.is_archived && !room.members.includes(at.me)),
    archived: channels.filter((room) => room.is_archived),
    direct: direct.filter((room) => !withApp(room)),
    app: direct.find(withApp) ?? null,
  };
}

export function firstRoom(rooms, at) {
  const own = roomsOf(rooms, at);
  return own.channels[0] ?? own.direct[0] ?? own.app ?? own.archived[0] ?? own.others[0] ?? null;
}

function hue(id) {
  let sum = 2166136261;
  for (const letter of id) sum = Math.imul(sum ^ letter.codePointAt(0), 16777619) >>> 0;
  return (sum >>> 7) % COLOURS;
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** `icon` is a character, or an address within the page, instead of what the person has. */
export function Avatar({ id, at, size = 36, name = nameOf(id, at), icon = "" }) {
  const box = `sl-avatar sl-avatar-${size}`;
  if (icon.startsWith("data:")) return html`<img class=${box} src=${icon} alt="" />`;
  if (icon) return html`<span class="${box} sl-avatar-sign" aria-hidden="true">${icon}</span>`;
  if (id === at.app.bot_user) return html`<img class=${box} src="/page/icon.svg" alt="" />`;
  return html`<span class="${box} sl-avatar-${"c"}${hue(id || name)}" aria-hidden="true">${initials(name)}</span>`;
}

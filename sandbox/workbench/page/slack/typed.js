// Between what stands in a text field and what Slack keeps. `picks` maps what was picked from a menu, as it reads in
// the
// field ("@Anna Arnold"), to what Slack writes for it ("<@U0ANNA0001>").
import { nameOf } from "./people.js";

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Only what was picked becomes a mention; everything else stays the letters that were typed. */
export function encode(text, picks) {
  const labels = Object.keys(picks).sort((one, other) => other.length - one.length);
  if (!labels.length) return escape(text);
  const any = new RegExp(`(?<![\\p{L}\\p{N}_])(${labels.map(quoted).join("|")})(?![\\p{L}\\p{N}_])`, "gu");
  return text.split(any).map((part, at) => (at % 2 ? picks[part] : escape(part))).join("");
}

const TOKEN = /<([@#!])([^>|]+)(?:\|[^>]*)?>/g;

/** {text, picks} to edit a message by. */
export function decode(source, at, rooms) {
  const picks = {};
  const plain = source.replace(TOKEN, (token, sign, id) => {
    const label = labelOf(sign, id, at, rooms);
    if (!label) return token;
    picks[label] = token;
    return label;
  });
  return { text: unescape(plain.replace(/<(https?:[^>|]+)(?:\|[^>]*)?>/g, "$1")), picks };
}

function labelOf(sign, id, at, rooms) {
  if (sign === "@") return at.people.has(id) ? `@${nameOf(id, at)}` : "";
  if (sign === "#") return rooms.has(id) ? `#${rooms.get(id).name}` : "";
  return ["here", "channel", "everyone"].includes(id) ? `@${id}` : "";
}

/** What is being asked for at the caret: {kind, query, from}, or null. */
export function askedAt(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/[^\s/]*$/.test(before)) return { kind: "/", query: before.slice(1), from: 0 };
  const found = /(?:^|[\s([{"'])([@#:])([^\s@#:]{0,40})$/u.exec(before);
  if (!found || (found[1] === ":" && found[2].length < 2)) return null;
  return { kind: found[1], query: found[2], from: caret - found[2].length - 1 };
}

/** {command, rest} of a line that Slack takes for a command. */
export function commandIn(text) {
  const found = /^(\/[a-z0-9][^\s/]*)(?:\s+([^]*))?$/i.exec(text);
  return found && { command: found[1], rest: (found[2] ?? "").trim() };
}

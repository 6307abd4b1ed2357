// Slack's mrkdwn, read as Slack's clients read it: a string becomes a tree. Knows nothing of the page.
//
// Nodes: {t: "text", text} · {t: "bold" | "italic" | "strike" | "quote", kids} · {t: "code" | "pre", text}
// · {t: "link", href, kids} · {t: "user" | "channel" | "group", id, label} · {t: "broadcast", range}
// · {t: "date", ts, format, href, fallback} · {t: "emoji", name, sign}. Line breaks stand in the texts.

import { shownDate } from "./dates.js";

const HOLE = "\ufffc"; // stands for a <…> or an address, by its position; typed by somebody it is only a letter
const MARKS = { "*": "bold", _: "italic", "~": "strike" };
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const SCHEMES = ["http:", "https:", "mailto:", "tel:"];
const RAW = /<([^<>\n]+)>|&(?:lt|gt|amp);|https?:\/\/[^\s<>|"`]+/gi;
const EMOJI = /:([^\s:]{1,80}):(?::skin-tone-([2-6]):)?/g;
const WORD = /[\p{L}\p{N}]/u;
const TONES = 0x1f3f9; // plus 2 to 6: the five colours of skin

/**
 * `emoji(name)` gives a character or null; unknown names stay letters. `links`: bare http(s) addresses are links,
 * as in what people type.
 */
export function parse(text, { emoji = () => null, links = false, nameOf = () => null } = {}) {
  const source = read(String(text ?? ""), links);
  return joined(blocks({ ...source, emoji, nameOf }, 0, source.letters.length));
}

/** plain_text: letters, and emoji unless they are switched off. */
export function parsePlain(text, { emoji = () => null } = {}) {
  return joined(withEmoji(String(text ?? ""), emoji));
}

/** The address, if it is one that may be followed; else null. */
export function safeUrl(address) {
  if (typeof address !== "string" || /[\s\p{Cc}]/u.test(address)) return null;
  try {
    const url = new URL(address);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// --- letters and holes ------------------------------------------------------------------------------------------------

/** Entities are decoded once; what stands in <…> becomes a hole, so that no mark inside it counts. */
function read(text, links) {
  const holes = new Map();
  let letters = "";
  let from = 0;
  RAW.lastIndex = 0;
  for (let found = RAW.exec(text); found; found = RAW.exec(text)) {
    letters += text.slice(from, found.index);
    const { made, length } = oneHole(found, links);
    if (typeof made === "string") letters += made;
    else { holes.set(letters.length, made); letters += HOLE; }
    from = found.index + length;
    RAW.lastIndex = from;
  }
  return { letters: letters + text.slice(from), holes };
}

function oneHole(found, links) {
  const whole = found[0];
  if (whole in ENTITIES) return { made: ENTITIES[whole], length: whole.length };
  if (found[1] !== undefined) return { made: angle(found[1]) ?? decoded(whole), length: whole.length };
  const address = trimmed(whole);
  const url = links && !/\w/.test(found.input[found.index - 1] ?? "") ? safeUrl(decoded(address)) : null;
  if (!url) return { made: whole.slice(0, 1), length: 1 };
  return { made: link(url, decoded(address)), length: address.length };
}

const decoded = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** An address in a sentence ends before its full stop, and before a bracket that it did not open. */
function trimmed(address) {
  let end = address.search(/&(?:lt|gt);/);
  if (end < 0) end = address.length;
  const count = (sign) => address.slice(0, end).split(sign).length - 1;
  const spare = new Map([[")", "("], ["]", "["], ["}", "{"]].map(([close, open]) => [close, count(close) - count(open)]));
  for (; end > 0; end -= 1) {
    const last = address[end - 1];
    if (spare.has(last) ? spare.get(last) <= 0 : !".,!?:;'*_~".includes(last)) break;
    if (spare.has(last)) spare.set(last, spare.get(last) - 1);
  }
  return address.slice(0, end);
}

/** What stands between < and >; null when it means nothing. */
function angle(inside) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : decoded(inside.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { t: "user", id: target.slice(1), label };
  if (/^#[CGD][A-Z0-9]+$/.test(target)) return { t: "channel", id: target.slice(1), label };
  if (/^!(?:here|channel|everyone)$/.test(target)) return { t: "broadcast", range: target.slice(1) };
  if (/^!subteam\^S[A-Z0-9]+$/.test(target)) return { t: "group", id: target.slice("!subteam^".length), label };
  if (target.startsWith("!date^")) return date(target, label);
  const url = safeUrl(decoded(target));
  return url && link(url, label || decoded(target).replace(/^(?:mailto|tel):/i, ""));
}

function date(target, fallback) {
  const [, ts, format, address] = target.split("^");
  if (!/^\d{1,12}$/.test(ts ?? "") || !format) return fallback || null;
  if (fallback && shownDate(Number(ts), decoded(format)) === null) return { t: "text", text: fallback, fallback };
  return { t: "date", ts: Number(ts), format: decoded(format), href: address ? safeUrl(decoded(address)) : null, fallback };
}

const link = (href, label) => ({ t: "link", href, kids: [{ t: "text", text: label }], label });

/** What a hole reads like where nothing may be drawn: in code. */
function spelt(hole, nameOf) {
  if (hole.t === "link") return hole.label;
  if (hole.t === "user" || hole.t === "channel") return nameOf(hole) ?? `${hole.t === "user" ? "@" : "#"}${hole.label || hole.id}`;
  if (hole.t === "group") return hole.label || `@${hole.id}`;
  return hole.t === "broadcast" ? `@${hole.range}` : hole.fallback;
}

function lettersOf({ letters, holes, nameOf }, from, to) {
  let made = "";
  for (let at = from; at < to; at += 1) made += holes.has(at) ? spelt(holes.get(at), nameOf) : letters[at];
  return made;
}

// --- blocks of lines --------------------------------------------------------------------------------------------------

function blocks(source, from, to) {
  const made = [];
  let at = from;
  while (at < to) {
    const open = source.letters.indexOf("```", at);
    const close = open < 0 ? -1 : source.letters.indexOf("```", open + 3);
    const whole = close > open + 3 && close + 3 <= to;
    made.push(...lines(source, at, whole ? outside(source, open, at, -1) : to));
    if (!whole) break;
    made.push({ t: "pre", text: lettersOf(source, open + 3, close).replace(/^\n|\n$/g, "") });
    at = outside(source, close + 3, to, 1);
  }
  return made;
}

/** A block stands on lines of its own: the break beside it is not one more. */
function outside({ letters }, at, border, step) {
  if (step < 0) return at > border && letters[at - 1] === "\n" ? at - 1 : at;
  return at < border && letters[at] === "\n" ? at + 1 : at;
}

/** Lines that follow each other are one text, or one quote. */
function lines(source, from, to) {
  const made = [];
  let last = null; // "quote" or "text": what the line before was
  for (let at = from; at <= to && from < to; at = until(source.letters, at, to) + 1) {
    const end = until(source.letters, at, to);
    if (source.letters.startsWith(">>>", at) && at + 3 < to) return [...made, restQuoted(source, at, to)];
    const kind = source.letters[at] === ">" && at < end ? "quote" : "text";
    const begin = kind === "text" ? at : at + 1 + (source.letters[at + 1] === " " && at + 1 < end ? 1 : 0);
    if (kind === "quote" && last !== kind) made.push({ t: "quote", kids: [] });
    const into = kind === "quote" ? made.at(-1).kids : made;
    if (last === kind) into.push({ t: "text", text: "\n" });
    into.push(...inline(source, begin, end));
    last = kind;
  }
  return made;
}

function restQuoted(source, at, to) {
  const begin = at + 3 + (source.letters[at + 3] === " " ? 1 : 0);
  const kids = [];
  for (let line = begin; line <= to; line = until(source.letters, line, to) + 1) {
    if (line > begin) kids.push({ t: "text", text: "\n" });
    kids.push(...inline(source, line, until(source.letters, line, to)));
  }
  return { t: "quote", kids };
}

function until(letters, at, to) {
  const end = letters.indexOf("\n", at);
  return end < 0 || end > to ? to : end;
}

// --- marks in a line --------------------------------------------------------------------------------------------------

function inline(source, from, to) { return spans(source, from, to, codes(source, from, to), ""); }

/** Where code stands, start → end; in it no mark counts. */
function codes({ letters }, from, to) {
  const found = new Map();
  for (let at = letters.indexOf("`", from); at >= 0 && at < to; at = letters.indexOf("`", at + 1)) {
    if (!opens(letters, at, from, to, true)) continue;
    const end = closing(letters, at, from, to, new Map(), true);
    if (end < 0) break;
    found.set(at, end);
    at = end;
  }
  return found;
}

/** `within`: the marks that are open around this stretch; each counts once. */
function spans(source, from, to, code, within) {
  const { letters, holes } = source;
  const made = [];
  const hopeless = new Set();
  let plain = from;
  const flush = (end) => { if (end > plain) made.push(...withEmoji(letters.slice(plain, end), source.emoji)); };
  for (let at = from; at < to; at += 1) {
    const end = code.get(at) ?? (holes.has(at) ? at : marked(letters, at, from, to, code, within, hopeless));
    if (end === undefined || end >= to) continue;
    flush(at);
    made.push(oneSpan(source, at, end, code, within));
    at = end;
    plain = end + 1;
  }
  flush(to);
  return made;
}

function oneSpan(source, at, end, code, within) {
  if (source.holes.has(at)) return source.holes.get(at);
  if (code.get(at) === end) return { t: "code", text: lettersOf(source, at + 1, end) };
  const mark = source.letters[at];
  return { t: MARKS[mark], kids: spans(source, at + 1, end, code, within + mark) };
}

/** Where the mark that opens here closes, else undefined. */
function marked(letters, at, from, to, code, within, hopeless) {
  const mark = letters[at];
  if (!(mark in MARKS) || within.includes(mark) || hopeless.has(mark) || !opens(letters, at, from, to)) return undefined;
  const end = closing(letters, at, from, to, code);
  if (end >= 0) return end;
  hopeless.add(mark);
  return undefined;
}

function opens(letters, at, from, to, spaces = false) {
  const mark = letters[at];
  const next = at + 1 < to ? letters[at + 1] : "";
  return !isWord(letters, at - 1, from, to) && (at === from || letters[at - 1] !== mark) && next !== "" && next !== mark
    && (spaces || !/\s/.test(next));
}

function closing(letters, at, from, to, code, spaces = false) {
  const mark = letters[at];
  for (let end = at + 1; end < to; end += 1) {
    if (code.has(end)) { end = code.get(end); continue; }
    if (letters[end] !== mark || end === at + 1 || letters[end + 1] === mark || letters[end - 1] === mark) continue;
    if ((spaces || !/\s/.test(letters[end - 1])) && !isWord(letters, end + 1, from, to)) return end;
  }
  return -1;
}

/** Whether a letter or digit stands there; surrogate pairs count whole. */
function isWord(letters, at, from, to) {
  if (at < from || at >= to) return false;
  const low = /[\udc00-\udfff]/.test(letters[at]) && at > from;
  return WORD.test(String.fromCodePoint(letters.codePointAt(low ? at - 1 : at)));
}

// --- emoji ------------------------------------------------------------------------------------------------------------

function withEmoji(text, emoji) {
  const made = [];
  let from = 0;
  EMOJI.lastIndex = 0;
  for (let found = EMOJI.exec(text); found; found = EMOJI.exec(text)) {
    const sign = emoji(found[1]);
    if (typeof sign !== "string") { EMOJI.lastIndex = found.index + found[1].length + 1; continue; } // its second colon may begin one
    if (found.index > from) made.push({ t: "text", text: text.slice(from, found.index) });
    const tone = toned(sign, found[2]);
    made.push({ t: "emoji", name: found[1], sign: tone ?? sign });
    from = EMOJI.lastIndex = found.index + (tone || !found[2] ? found[0].length : found[1].length + 2);
  }
  if (from < text.length) made.push({ t: "text", text: text.slice(from) });
  return made;
}

/** The sign in a colour of skin; null where it has none, or none is asked for. */
export function toned(sign, tone) {
  const [first, ...rest] = [...sign];
  if (!tone || !/^\p{Emoji_Modifier_Base}$/u.test(first)) return null;
  return first + String.fromCodePoint(TONES + Number(tone)) + rest.filter((one, at) => at > 0 || one !== "\ufe0f").join("");
}

/** Neighbouring texts become one. */
function joined(nodes) {
  const made = [];
  for (const node of nodes) {
    const last = made.at(-1);
    if (node.t === "text" && last?.t === "text") last.text += node.text;
    else if (node.t === "text") made.push({ ...node });
    else made.push(node.kids && node.t !== "link" ? { ...node, kids: joined(node.kids) } : node);
  }
  return made;
}

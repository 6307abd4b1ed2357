// Emoji by their names, and a picker.
import { html, useMemo, useState } from "../vendor/ui.js";
import { emojiNames, emojiOf } from "../store.js";
import { Popover } from "./popover.js";

const COMMON = ["white_check_mark", "eyes", "raised_hands", "thumbsup", "thumbsdown", "tada", "heart", "joy", "pray",
  "fire", "100", "rocket", "wave", "clap", "ok_hand", "thinking_face", "hourglass_flowing_sand", "x", "question",
    "lock",
  "warning", "telephone_receiver", "memo", "bulb"];
const SAYABLE = /^[a-z0-9_+'-]+$/;
const MOST = 64;

/** The character of a reaction's name, skin tone and all; the name in colons where there is none. */
export function signOf(name) {
  const [bare, tone] = name.split("::");
  const sign = emojiOf(bare);
  return sign ? sign + (tone ? emojiOf(tone) ?? "" : "") : `:${name}:`;
}

/** Names that contain `query`, those that begin with it first; one name for each sign. */
export function emojiLike(query, most = MOST) {
  const wanted = query.toLowerCase().replace(/[\s:]+/g, "_").replace(/^_+|_+$/g, "");
  if (!wanted) return COMMON.filter(emojiOf);
  const names = emojiNames().filter((name) => name.includes(wanted) && SAYABLE.test(name));
  const rank = (name) => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2);
  names.sort((one, other) => rank(one) - rank(other) || one.length - other.length || (one < other ? -1 : 1));
  const signs = new Set();
  const kept = [];
  for (const name of names) {
    if (kept.length === most) break;
    if (signs.has(emojiOf(name))) continue;
    signs.add(emojiOf(name));
    kept.push(name);
  }
  return kept;
}

export function EmojiPicker({ anchor, onPick, onClose }) {
  const [query, ask] = useState("");
  const names = useMemo(() => emojiLike(query), [query]);
  const choose = (name) => { onClose(); onPick(name); };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && names.length) { event.preventDefault(); choose(names[0]); }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      event.target.closest(".sl-picker").querySelector(".sl-emoji")?.focus();
    }
  };
  return html`<${Popover} anchor=${anchor} onClose=${onClose} label="Pick an emoji" kind="sl-picker">
    <input data-first class="sl-search" type="search" placeholder="Search all emoji" aria-label="Search all emoji"
      value=${query}
      onInput=${(event) => ask(event.currentTarget.value)} onKeyDown=${onKeyDown} />
    <div class="sl-emojis" onKeyDown=${alongGrid}>
      ${names.map((name) => html`<button key=${name} type="button" class="sl-emoji" title=":${name}:"
        aria-label=${name.replaceAll("_", " ")}
        onClick=${() => choose(name)}>${emojiOf(name)}</button>`)}
    </div>
    ${!names.length && html`<p class="sl-none">No emoji is called that.</p>`}
  <//>`;
}

function alongGrid(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.children];
  const to = all.indexOf(document.activeElement) + step;
  if (to < 0) event.currentTarget.parentElement.querySelector("input").focus();
  else all[Math.min(to, all.length - 1)]?.focus();
}

// What can be done with a message: the bar that shows beside it, and the ⋯ menu.
import { html, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { say } from "../toast.js";
import { EmojiPicker, signOf } from "./emoji.js";
import { Icon } from "./icons.js";
import { isOutsider } from "./people.js";
import { MenuItem, Popover } from "./popover.js";
import { addReaction, AddReaction, toggle } from "./reactions.js";

const QUICK = ["white_check_mark", "eyes"];
const FAILED = "We had some trouble connecting. Try again?";

/** What this person may do with this message; all of it is nothing in an archived or foreign channel. */
export function rightsOn(message, at) {
  const live = at.inside && !at.room.is_archived && message.subtype !== "tombstone" && !message.only;
  const own = message.user === at.me && !message.bot_id;
  return {
    react: live,
    reply: live || Boolean(message.reply_count),
    edit: live && own,
    remove: live && (own || Boolean(at.person?.is_admin)),
    shortcuts: at.inside && message.subtype !== "tombstone" && !message.only && Boolean(at.person)
      && !isOutsider(at.person, at),
  };
}

/** `row` has the row's own acts: onThread, onEdit, onDelete. */
export function Toolbar({ message, at, row, inThread }) {
  const may = rightsOn(message, at);
  return html`<div class="sl-bar" role="toolbar" aria-label="Message actions">
    ${may.react && QUICK.map((name) => html`<button key=${name} type="button" class="sl-tool" title=":${name}:"
      aria-label="React with ${name.replaceAll("_", " ")}" onClick=${() => toggle(message, name,
        at)}>${signOf(name)}</button>`)}
    ${may.react && html`<${AddReaction} message=${message} at=${at} onOpen=${row.onHold} />`}
    ${may.reply && !inThread && html`<button type="button" class="sl-tool" aria-label="Reply in thread"
      title="Reply in thread"
      onClick=${row.onThread}><${Icon} name="reply" /></button>`}
    <${More} message=${message} at=${at} row=${row} may=${may} inThread=${inThread} />
  </div>`;
}

export function More({ message, at, row, may = rightsOn(message, at), inThread, kind = "sl-tool" }) {
  const [open, set] = useState("");
  const button = useRef(null);
  const show = (now) => { set(now); row.onHold(Boolean(now)); };
  return html`<button ref=${button} type="button" class=${kind} aria-label="More actions" title="More actions"
    aria-haspopup="menu"
      aria-expanded=${String(open === "menu")} onClick=${() => show(open ? "" : "menu")}><${Icon}
        name="more" /></button>
    ${open === "menu" && html`<${Popover} anchor=${button} role="menu" label="More actions" kind="sl-menu"
      onClose=${() => show("")}>
      <${Items} message=${message} at=${at} row=${row} may=${may} inThread=${inThread} done=${() => show("")}
        onPicker=${() => show("picker")} />
    <//>`}
    ${open === "picker" && html`<${EmojiPicker} anchor=${button} onClose=${() => show("")}
      onPick=${(name) => addReaction(message, name, at)} />`}`;
}

function Items({ message, at, row, may, inThread, done, onPicker }) {
  const then = (what) => () => { done(); what(); };
  const shortcuts = may.shortcuts ? (at.app.shortcuts ?? []).filter((one) => one.type === "message") : [];
  return html`
    ${may.react && html`<div class="sl-quick" role="group" aria-label="Quick reactions">${["thumbsup", "tada", "heart",
      "pray", ...QUICK].map((name) => html`
      <button key=${name} type="button" class="sl-tool" role="menuitem" tabindex="-1"
        aria-label="React with ${name.replaceAll("_", " ")}"
        onClick=${then(() => toggle(message, name, at))}>${signOf(name)}</button>`)}</div>`}
    ${may.react && html`<${MenuItem} onClick=${onPicker}>Find another reaction…<//>`}
    ${may.reply && !inThread && html`<${MenuItem} onClick=${then(row.onThread)} hint="T">Reply in thread<//>`}
    <${MenuItem} onClick=${then(() => copy(linkTo(message), "Link copied."))}>Copy link<//>
    <${MenuItem} onClick=${then(() => copy(message.ts, "Message ts copied."))}>Copy message ts<//>
    ${may.edit && html`<${MenuItem} onClick=${then(row.onEdit)} hint="E">Edit message<//>`}
    ${shortcuts.length > 0 && html`<div class="sl-menu-head">Message shortcuts</div>`}
    ${shortcuts.map((one) => html`<${MenuItem} key=${one.callback_id} onClick=${then(() => run(one, message, at))}>
      <span>${one.name}<span class="sl-item-sub">${at.app.name}${one.description ? ` · ${one.description}`
        : ""}</span></span><//>`)}
    ${may.remove && html`<${MenuItem} danger onClick=${then(row.onDelete)}>Delete message…<//>`}`;
}

async function run(shortcut, message, at) {
  const place = { user: at.me, callback_id: shortcut.callback_id, channel: message.channel, ts: message.ts };
  complain(await act("slack", "shortcut_message", place));
}

/** A global shortcut. */
export async function runGlobal(shortcut, at) {
  complain(await act("slack", "shortcut_global", { user: at.me, callback_id: shortcut.callback_id }));
}

function complain(answer) {
  if (answer.ok && answer.result.outcome !== "acked") say(FAILED);
}

function linkTo(message) {
  const thread = message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : message.ts;
  return `${location.origin}/#${new URLSearchParams({ room: message.channel, thread })}`;
}

async function copy(text, done) {
  try { await navigator.clipboard.writeText(text); say(done); } catch { say(`It cannot be copied here: ${text}`); }
}

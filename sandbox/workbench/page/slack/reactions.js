// The small chips below a message.
import { html, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { say } from "../toast.js";
import { EmojiPicker, signOf } from "./emoji.js";
import { Icon } from "./icons.js";
import { nameOf } from "./people.js";

const TWICE = "nothing would change";

/** Add mine if it is not there, else take it back. A second click that comes too soon does nothing. */
export async function toggle(message, name, at) {
  const mine = message.reactions?.find((one) => one.name === name)?.users.includes(at.me) ?? false;
  const what = { user: at.me, channel: message.channel, ts: message.ts, name, remove: mine };
  const answer = await act("slack", "react", what, { quiet: true });
  if (!answer.ok && answer.error !== TWICE) say(answer.error);
}

export function Reactions({ message, at, may }) {
  if (!message.reactions?.length) return null;
  return html`<div class="sl-reactions" role="group" aria-label="Reactions">
    ${message.reactions.map((one) => html`<${Chip} key=${one.name} one=${one} message=${message} at=${at}
      may=${may} />`)}
    ${may && html`<${AddReaction} message=${message} at=${at} kind="sl-chip sl-chip-add" />`}
  </div>`;
}

function Chip({ one, message, at, may }) {
  const mine = one.users.includes(at.me);
  const who = whoReacted(one, at);
  return html`<button type="button" class="sl-chip ${mine ? "sl-chip-mine" : ""}" aria-pressed=${String(mine)}
    aria-disabled=${may ? undefined : "true"}
    aria-label="${one.name.replaceAll("_", " ")}, ${one.count}. ${who}" onClick=${() => may
      && toggle(message, one.name, at)}>
    <span class="sl-chip-sign">${signOf(one.name)}</span><span class="sl-chip-count">${one.count}</span>
    <span class="sl-tip" aria-hidden="true"><span class="sl-tip-sign">${signOf(one.name)}</span>${who}</span>
  </button>`;
}

function whoReacted(one, at) {
  const others = one.users.filter((id) => id !== at.me).map((id) => nameOf(id, at));
  const names = one.users.includes(at.me) ? ["You", ...others] : others;
  const list = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  return `${list} reacted with :${one.name}:`;
}

export function AddReaction({ message, at, kind = "sl-tool", onOpen = () => {} }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const show = (now) => { set(now); onOpen(now); };
  return html`<button ref=${button} type="button" class=${kind} aria-label="Add reaction" title="Add reaction"
    aria-haspopup="dialog"
      aria-expanded=${String(open)} onClick=${() => show(!open)}><${Icon} name="smile" /></button>
    ${open && html`<${EmojiPicker} anchor=${button} onClose=${() => show(false)}
      onPick=${(name) => addReaction(message, name, at)} />`}`;
}

/** Picking what one has chosen already changes nothing, as in Slack. */
export function addReaction(message, name, at) {
  const has = message.reactions?.some((one) => one.name === name && one.users.includes(at.me));
  if (!has) toggle(message, name, at);
}

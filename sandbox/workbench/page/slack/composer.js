// Where one writes: a message, a reply, a command, or the change of a message.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { run } from "./commands.js";
import { Offers, useCompletion } from "./complete.js";
import { EmojiPicker } from "./emoji.js";
import { AttachMenu, Chosen, withContent } from "./attach.js";
import { Icon } from "./icons.js";
import { draftOf, keepDraft } from "./local.js";
import { runGlobal } from "./menus.js";
import { isOutsider } from "./people.js";
import { MenuItem, Popover } from "./popover.js";
import { commandIn, decode, encode } from "./typed.js";

const TALLEST = 240;
const LONGEST = 40_000;
let serial = 0;

/**
 * In a room: `place` says where ("#support"), `thread` is the parent's ts, `after` the newest message's ts, `onUp()`
 * edits one's last message. With `edit`, a message, it changes that one, and ends with `onDone()`.
 */
export function Composer({ at, rooms, place = "", thread = "", after = "", edit = null, onUp = () => {},
  onDone = () => {}, onSent = () => {} }) {
  const key = `${at.me}/${at.room.id}/${thread}`;
  const label = thread ? `Reply in the thread, ${place}` : `Message ${place}`;
  const [draft, set] = useState(() => (edit ? { ...decode(edit.text, at, rooms), files: [] } : draftOf(key)));
  const [caret, setCaret] = useState(draft.text.length);
  const field = useRef(null);
  const [id] = useState(() => `sl-offers-${++serial}`);
  const change = (more) => set((now) => ({ ...now, ...more }));
  useEffect(() => { if (!edit) keepDraft(key, draft); }, [draft]);
  useGrowing(field, draft.text);
  useEffect(() => { if (edit) focusAtEnd(field.current); }, []);

  const replace = (from, to, label, picks = {}) => {
    const text = draft.text.slice(0, from) + label + draft.text.slice(to);
    change({ text, picks: { ...draft.picks, ...picks } });
    moveCaret(field.current, text, from + label.length, setCaret);
  };
  const insert = (words) => replace(field.current.selectionStart, field.current.selectionEnd, words);
  const completion = useCompletion({ text: draft.text, caret, at, rooms, replace });
  const send = () => (edit ? saveEdit(edit, draft, at, onDone)
    : sendDraft({ draft, set, at, thread, after, onSent, field }));
  const onKeyDown = (event) => {
    if (event.isComposing || completion.onKey(event)) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    else if (event.key === "ArrowUp" && !draft.text && !edit) { if (onUp()) event.preventDefault(); }
    else if (event.key === "Escape" && edit) { event.preventDefault(); event.stopPropagation(); onDone(); }
  };
  const look = (event) => setCaret(event.currentTarget.selectionStart);
  const ready = Boolean(draft.text.trim() || draft.files.length);
  return html`<form class="sl-composer ${edit ? "sl-composer-edit" : ""}"
    onSubmit=${(event) => { event.preventDefault(); send(); }}
    aria-label=${edit ? "Edit message" : label}>
    <${Offers} id=${id} completion=${completion} at=${at} />
    <textarea ref=${field} class="sl-field" rows="1" maxlength=${LONGEST} aria-label=${edit ? "Edit message"
      : label}
      placeholder=${edit ? "" : thread ? "Reply…" : `Message ${place}`} value=${draft.text} role="combobox"
        aria-autocomplete="list" aria-haspopup="listbox"
      aria-expanded=${String(completion.list.length > 0)} aria-controls=${id}
      aria-activedescendant=${completion.list.length ? `${id}-${completion.chosen}` : undefined}
      onInput=${(event) => { change({ text: event.currentTarget.value }); look(event); }} onKeyDown=${onKeyDown}
        onKeyUp=${look} onClick=${look}></textarea>
    ${draft.files.length > 0 && html`<${Chosen} files=${draft.files} onChange=${(files) => change({ files })} />`}
    ${thread && !edit && html`<label class="sl-broadcast"><input type="checkbox" checked=${draft.broadcast}
      onChange=${(event) => change({ broadcast: event.currentTarget.checked })} /> Also send to ${place}</label>`}
    <div class="sl-tools">
      ${!edit && html`<${AttachMenu} at=${at} onFile=${(file) => set((now) => ({ ...now, files: [...now.files, file] }))} />`}
      <${EmojiButton} onPick=${(name) => insert(`:${name}: `)} />
      <button type="button" class="sl-tool" aria-label="Mention someone" title="Mention someone"
        onClick=${() => insert(spaced(field.current, "@"))}>
        <${Icon} name="at" /></button>
      ${!edit && html`<${Shortcuts} at=${at} />`}
      <span class="sl-tools-gap"></span>
      ${edit && html`<button type="button" class="sl-button sl-button-small" onClick=${onDone}>Cancel</button>`}
      ${edit ? html`<button type="submit" class="sl-button sl-button-go sl-button-small"
        disabled=${!ready}>Save</button>`
        : html`<button type="submit" class="sl-send" aria-label="Send now" title="Send now" disabled=${!ready}><${Icon}
          name="send" /></button>`}
    </div>
  </form>`;
}

function useGrowing(field, text) {
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, TALLEST)}px`;
  }, [text]);
}

function focusAtEnd(field) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.closest(".sl-row")?.scrollIntoView({ block: "nearest" });
}

/** The field has the new text only after the next drawing; it is set at once, so that the caret has a place. */
function moveCaret(field, text, to, setCaret) {
  field.value = text;
  field.focus();
  field.setSelectionRange(to, to);
  setCaret(to);
}

const spaced = (field, sign) => (/(?:^|\s)$/.test(field.value.slice(0, field.selectionStart)) ? sign : ` ${sign}`);

async function saveEdit(message, draft, at, onDone) {
  const text = encode(draft.text.trim(), draft.picks);
  if (!text && !message.files?.length) return;
  onDone();
  const what = { user: at.me, channel: message.channel, ts: message.ts, text, raw: true };
  if (text !== message.text) await act("slack", "edit", what);
}

async function sendDraft({ draft, set, at, thread, after, onSent, field }) {
  const text = draft.text.trim();
  if (!text && !draft.files.length) return;
  set({ text: "", picks: {}, files: [], broadcast: false });
  field.current?.focus();
  onSent();
  const line = draft.files.length ? null : commandIn(draft.text);
  if (line) { await run(line, { picks: draft.picks, at, thread, after }); return; }
  const words = { user: at.me, channel: at.room.id, text: encode(text, draft.picks), raw: true };
  const reply = thread ? { thread_ts: thread, broadcast: draft.broadcast } : {};
  const files = draft.files.length ? { files: draft.files.map(withContent) } : {};
  const answer = await act("slack", "say", { ...words, ...reply, ...files });
  if (!answer.ok) giveBack(draft, set, `${at.me}/${at.room.id}/${thread}`);
}

/** What could not be sent stands in the field again, before what was written since; also in a room left meanwhile. */
function giveBack(draft, set, key) {
  if (!draftOf(key).text) keepDraft(key, draft);
  set((now) => ({ ...draft, text: [draft.text, now.text].filter(Boolean).join("\n"), picks: { ...draft.picks,
    ...now.picks } }));
}

function EmojiButton({ onPick }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  return html`<button ref=${button} type="button" class="sl-tool" aria-label="Emoji" title="Emoji"
    aria-haspopup="dialog" aria-expanded=${String(open)}
      onClick=${() => set(!open)}><${Icon} name="smile" /></button>
    ${open && html`<${EmojiPicker} anchor=${button} onClose=${() => set(false)} onPick=${onPick} />`}`;
}

/** Global shortcuts; people of another workspace have none. */
function Shortcuts({ at }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const list = (at.app.shortcuts ?? []).filter((one) => one.type === "global");
  if (!list.length || isOutsider(at.person, at)) return null;
  return html`<button ref=${button} type="button" class="sl-tool" aria-label="Shortcuts" title="Shortcuts"
    aria-haspopup="menu" aria-expanded=${String(open)}
      onClick=${() => set(!open)}><${Icon} name="bolt" /></button>
    ${open && html`<${Popover} anchor=${button} role="menu" label="Shortcuts" kind="sl-menu"
      onClose=${() => set(false)}>
      <div class="sl-menu-head">Shortcuts</div>
      ${list.map((one) => html`<${MenuItem} key=${one.callback_id} onClick=${() => { set(false); runGlobal(one, at); }}>
        <span>${one.name}<span class="sl-item-sub">${at.app.name}${one.description ? ` · ${one.description}`
          : ""}</span></span><//>`)}
    <//>`}`;
}

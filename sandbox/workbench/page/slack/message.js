// One message in a log.
import { html, memo, useCallback, useMemo, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { emojiOf } from "../store.js";
import { Ask } from "./ask.js";
import { Composer } from "./composer.js";
import { Blocks, Words } from "./drawn.js";
import { Attachments, Files } from "./extras.js";
import { Icon } from "./icons.js";
import { dismiss } from "./local.js";
import { More, rightsOn, Toolbar } from "./menus.js";
import { Avatar, nameOf } from "./people.js";
import { Reactions } from "./reactions.js";
import { clockOf, momentOf, wholeOf } from "./times.js";

const FACES = 5;

/** Who wrote it, and by what name: an app may borrow both name and picture. */
export function authorOf(message, at) {
  const own = message.bot_id === at.app.bot_id ? at.app.bot_user : null;
  const id = message.user ?? own ?? message.bot_id ?? "";
  const { emoji = "", url = "" } = message.icons ?? {};
  const icon = emojiOf(emoji.replaceAll(":", "")) ?? (url.startsWith("data:") ? url : ""); // nothing comes from outside
  return { id, name: message.username || nameOf(id, at), icon };
}

/**
 * `go` are acts of the log that stay the same: thread(ts), edit(key or ""), toEnd(). The rest says how it is drawn;
 * every prop is compared, so that of 500 rows only those that changed are drawn again.
 */
export const Message = memo(function Message({ message, rowKey, at, rooms, go, first, active, editing, tab, inThread,
  isParent }) {
  const [held, hold] = useState(false);
  const [asked, ask] = useState(false);
  const may = rightsOn(message, at);
  const row = useMemo(() => ({
    onHold: hold,
    onThread: () => go.thread(message.thread_ts && !message.reply_count ? message.thread_ts : message.ts),
    onEdit: () => go.edit(rowKey),
    onDelete: () => ask(true),
  }), [message, rowKey, go]);
  const onKeyDown = (event) => { if (event.target === event.currentTarget) byKey(event, may, row, inThread); };
  const author = authorOf(message, at);
  return html`<article class=${classes(message, first, held || active, editing)} data-row=${rowKey}
    data-ts=${message.ts} tabindex=${tab ? "0" : "-1"}
    aria-label="${author.name}, ${momentOf(message.ts)}" onKeyDown=${onKeyDown}>
    ${(active || held) && !editing && !message.only && html`<${Toolbar} message=${message} at=${at} row=${row}
      inThread=${inThread} />`}
    ${!message.only && !editing && html`<${More} message=${message} at=${at} row=${row} inThread=${inThread}
      kind="sl-tool sl-touch" />`}
    <${Gutter} message=${message} at=${at} author=${author} first=${first} />
    <div class="sl-body">
      ${message.only && html`<p class="sl-only"><${Icon} name="eye" size=${13} /> Only visible to you</p>`}
      ${first && html`<${Head} message=${message} author=${author} />`}
      ${message.subtype === "thread_broadcast" && html`<${RepliedTo} message=${message} go=${go}
        inThread=${inThread} />`}
      ${editing ? html`<${Composer} edit=${message} at=${at} rooms=${rooms} onDone=${() => go.edit("")} />`
        : html`<${Content} message=${message} at=${at} />`}
      <${Reactions} message=${message} at=${at} may=${may.react} />
      ${message.reply_count > 0 && !inThread && !isParent && html`<${Thread} message=${message} at=${at}
        onOpen=${row.onThread} />`}
      ${message.only && html`<button type="button" class="sl-dismiss"
        onClick=${() => dismiss(at.me, message.ts)}>Dismiss</button>`}
    </div>
    ${asked && html`<${DeleteAsk} message=${message} at=${at} onDone=${() => ask(false)} />`}
  </article>`;
});

function classes(message, first, active, editing) {
  const more = { "sl-first": first, "sl-active": active, "sl-editing": editing, "sl-note": message.only };
  return ["sl-row", ...Object.keys(more).filter((name) => more[name])].join(" ");
}

/** On the row itself, as in Slack: T for the thread, E to edit. */
function byKey(event, may, row, inThread) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = { t: may.reply && !inThread && row.onThread, e: may.edit && row.onEdit, Delete: may.remove
    && row.onDelete };
  const then = acts[event.key];
  if (then) { event.preventDefault(); then(); }
}

const Gutter = ({ message, at, author, first }) => html`<div class="sl-gutter">
  ${message.subtype === "tombstone" ? html`<span class="sl-bin"><${Icon} name="bin" size=${18} /></span>`
    : first ? html`<${Avatar} id=${author.id} at=${at} name=${author.name} icon=${author.icon} />`
    : html`<time class="sl-time sl-aside">${clockOf(message.ts)}</time>`}
</div>`;

function Head({ message, author }) {
  if (message.subtype === "tombstone") return null;
  const isApp = Boolean(message.bot_id);
  return html`<div class="sl-head"><b class="sl-author">${author.name}</b>${isApp && html`<span
    class="sl-app">APP</span>`}
    <time class="sl-time" title=${wholeOf(message.ts)}
      dateTime=${new Date(message.ts * 1000).toISOString()}>${clockOf(message.ts)}</time></div>`;
}

/** What people type is drawn from its text: it says more than the simple block beside it. */
function Content({ message, at }) {
  const onAct = usePress(message, at);
  if (message.subtype === "tombstone") return html`<p class="sl-stone">This message was deleted.</p>`;
  const blocks = !message.client_msg_id && message.blocks?.length > 0;
  return html`
    ${blocks ? html`<${Blocks} blocks=${message.blocks} onAct=${onAct} />`
      : message.text && html`<${Words} text=${message.text} signs=${at.signs} after=${message.edited && html`<${Edited}
        ts=${message.edited.ts} />`} />`}
    ${message.attachments?.length > 0 && html`<${Attachments} list=${message.attachments} at=${at} onAct=${onAct} />`}
    ${message.files?.length > 0 && html`<${Files} files=${message.files} />`}`;
}

const Edited = ({ ts }) => html`<span class="sl-edited" title=${wholeOf(ts)}>${" (edited)"}</span>`;

/** Use an element. Whoever draws it waits for the answer, and shows what went wrong. */
function usePress(message, at) {
  const latest = useRef(null);
  latest.current = { message, me: at.me };
  return useCallback((block, element, value) => {
    const { message: { channel, ts }, me } = latest.current;
    const what = { user: me, channel, ts, action_id: element.action_id, block_id: block.block_id,
      value: value ?? null };
    return act("slack", "click", what, { quiet: true });
  }, []);
}

function RepliedTo({ message, go, inThread }) {
  if (inThread) return html`<p class="sl-also">Also sent to the channel</p>`;
  return html`<p class="sl-also">replied to <button type="button" class="sl-link"
    onClick=${() => go.thread(message.thread_ts)}>a thread</button></p>`;
}

function Thread({ message, at, onOpen }) {
  const many = message.reply_count;
  return html`<button type="button" class="sl-thread-link" onClick=${onOpen}>
    <span class="sl-faces">${(message.reply_users ?? []).slice(0, FACES).map((id) => html`<${Avatar} key=${id} id=${id}
      at=${at} size=${24} />`)}</span>
    <span class="sl-count">${many} ${many === 1 ? "reply" : "replies"}</span>
    <span class="sl-last">Last reply ${momentOf(message.latest_reply)}</span></button>`;
}

function DeleteAsk({ message, at, onDone }) {
  const remove = async () => { onDone(); await act("slack", "delete", { user: at.me, channel: message.channel,
    ts: message.ts }); };
  return html`<${Ask} title="Delete message" yes="Delete" danger onYes=${remove} onNo=${onDone}>
    <p>Are you sure you want to delete this message? This cannot be undone.</p>
    <div class="sl-quote"><b>${authorOf(message, at).name}</b> <span class="sl-time">${clockOf(message.ts)}</span>
      <div class="sl-quote-text">${message.text ? html`<${Words} text=${message.text} signs=${at.signs} />`
        : "(no text)"}</div></div>
  <//>`;
}

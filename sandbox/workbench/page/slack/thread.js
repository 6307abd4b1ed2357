// A thread, beside its channel.
import { html, memo, useRef } from "../vendor/ui.js";
import { go } from "../here.js";
import { Foot, placeOf } from "./channel.js";
import { Composer } from "./composer.js";
import { historyOf, notesOf, rowsOf } from "./history.js";
import { Icon } from "./icons.js";
import { dismissed, ownNotes, useLocal } from "./local.js";
import { Log } from "./log.js";

const ACTS = { thread: () => {} };
const NONE = [];

export const Thread = memo(function Thread({ at, rooms, messages, ephemerals, ts }) {
  useLocal();
  const handle = useRef(null);
  const { room, me } = at;
  const parent = messages.get(`${room.id}/${ts}`);
  const replies = historyOf(messages, room.id).threads.get(ts) ?? NONE;
  const notes = notesOf(ephemerals, ownNotes(), { me, room: room.id, thread: ts, dismissed: dismissed() });
  const rows = rowsOf(parent ? [parent, ...replies] : replies, notes, { me });
  if (parent && rows[1]) rows[1].first = true;
  const close = () => {
    go({ thread: "" });
    document.querySelector(`.sl-channel [data-ts="${CSS.escape(ts)}"]`)?.focus();
  };
  const onKeyDown = (event) => { if (event.key === "Escape" && !event.defaultPrevented) close(); };
  return html`<aside class="sl-thread" aria-label="Thread" onKeyDown=${onKeyDown}>
    <header class="sl-header"><h2 class="sl-title">Thread <span class="sl-title-sub">${placeOf(at)}</span></h2><span
      class="sl-tools-gap"></span>
      <button type="button" class="sl-tool" aria-label="Close thread" title="Close" onClick=${close}><${Icon}
        name="close" /></button></header>
    <${Log} key=${`${me}/${room.id}/${ts}`} label="Thread in ${placeOf(at)}" rows=${rows} at=${at} rooms=${rooms}
      go=${ACTS} inThread parent=${parent && ts}
      handle=${handle} empty=${html`<div class="sl-empty"><p>This message is not there any more.</p></div>`} />
    ${(parent || replies.length > 0) && html`<${Foot} at=${at}><${Composer} key=${`${me}/${room.id}/${ts}`} at=${at}
      rooms=${rooms} place=${placeOf(at)}
      thread=${ts} after=${rows.at(-1)?.message.ts ?? ""} onUp=${() => handle.current.editLast()}
        onSent=${() => handle.current.toEnd()} /><//>`}
  </aside>`;
});

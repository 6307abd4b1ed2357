// A room: its messages, and where one writes.
import { html, memo, useEffect, useMemo, useRef } from "../vendor/ui.js";
import { act } from "../act.js";
import { go } from "../here.js";
import { Composer } from "./composer.js";
import { AppTabs } from "./home.js";
import { Header } from "./header.js";
import { historyOf, notesOf, rowsOf, unreadOf } from "./history.js";
import { dismissed, markRead, ownNotes, readUpTo, useLocal } from "./local.js";
import { Log } from "./log.js";
import { isDirect, isFull, roomName } from "./people.js";

export const placeOf = (at) => `${isDirect(at.room) ? "" : "#"}${roomName(at.room, at)}`;
const ACTS = { thread: openThread };

/** Whoever opens a thread wants to write in it; where there are no keys, a keyboard would only cover it. */
function openThread(ts) {
  go({ thread: ts }, { replace: false });
  const field = () => document.querySelector(".sl-thread > .sl-composer .sl-field");
  if (matchMedia("(hover: hover)").matches) setTimeout(() => field()?.focus());
}

export const Channel = memo(function Channel({ at, rooms, messages, ephemerals, drawer }) {
  useLocal();
  const handle = useRef(null);
  const { room, me } = at;
  const { channel } = historyOf(messages, room.id);
  const newSince = useMemo(() => unreadSince(messages, room.id, me), [room.id, me]);
  const notes = notesOf(ephemerals, ownNotes(), { me, room: room.id, dismissed: dismissed() });
  const rows = rowsOf(channel, notes, { newSince, me });
  const apps = isApps(at) && Boolean(at.person);
  useEffect(() => { if (apps) act("slack", "open_home", { user: me, tab: "messages" }, { quiet: true }); }, [apps, me]);
  return html`<section class="sl-channel" aria-label=${placeOf(at)}>
    <${Header} at=${at} drawer=${drawer} />
    ${isApps(at) && html`<${AppTabs} at=${at} tab="messages" direct=${room} />`}
    <${Log} key=${`${me}/${room.id}`} label="Messages in ${placeOf(at)}" rows=${rows} at=${at} rooms=${rooms} go=${ACTS}
      handle=${handle}
      onSeen=${(ts) => at.inside && markRead(me, room.id, ts)} empty=${html`<${Empty} at=${at} />`} />
    <${Foot} at=${at}><${Composer} key=${`${me}/${room.id}`} at=${at} rooms=${rooms} place=${placeOf(at)}
      after=${rows.at(-1)?.message.ts ?? ""}
      onUp=${() => handle.current.editLast()} onSent=${() => handle.current.toEnd()} /><//>
  </section>`;
});

/** Where the red line goes: only if something was unread when the room was entered. */
function unreadSince(messages, room, me) {
  const since = readUpTo(me, room);
  return since && unreadOf(messages, room, me, since) ? since : "";
}

const Empty = ({ at }) => html`<div class="sl-empty"><h3>${isDirect(at.room) ? roomName(at.room, at)
  : `#${at.room.name}`}</h3>
  <p>${at.room.is_archived ? "Nothing was said here."
    : "This is the very beginning. Nothing has been said here yet."}</p></div>`;

const isApps = ({ room, app }) => room.kind === "im" && room.members.includes(app.bot_user);

/** Instead of the composer, why there is none. */
export function Foot({ at, children }) {
  const { room, me } = at;
  if (isApps(at) && !at.app.writable) {
    return html`<div class="sl-notice"><p>Sending messages to this app has been turned off.</p></div>`;
  }
  if (room.is_archived) {
    const bringBack = () => act("slack", "archive", { user: me, channel: room.id, undo: true });
    return html`<div class="sl-notice"><p>You are viewing <b>${placeOf(at)}</b>, an archived channel.</p>
      ${at.inside && isFull(at.person, at) && html`<button type="button" class="sl-button"
        onClick=${bringBack}>Unarchive</button>`}</div>`;
  }
  if (at.inside) return children;
  const join = () => act("slack", "join", { user: me, channel: room.id });
  return html`<div class="sl-notice"><p>You are viewing <b>${placeOf(at)}</b>.</p>
    <button type="button" class="sl-button sl-button-go" onClick=${join}>Join channel</button></div>`;
}

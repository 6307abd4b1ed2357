// The left side: whose eyes these are, and the rooms they see.
import { html, memo, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { go } from "../here.js";
import { unreadOf } from "./history.js";
import { Icon } from "./icons.js";
import { readUpTo } from "./local.js";
import { Avatar, badgeOf, canAct, firstRoom, isPrivate, nameOf, roomName, roomsOf, standing } from "./people.js";
import { MenuItem, Popover } from "./popover.js";

const MOST_SHOWN = 99;

/** `shown` is the room that is open, or "home"; `marks` changes whenever something was read. */
export const Sidebar = memo(function Sidebar({ at, rooms, messages, shown, onChoose }) {
  const own = roomsOf(rooms, at);
  const open = (room) => { go({ room: room.id, thread: "", view: "" }, { replace: false }); onChoose(); };
  const row = (room) => html`<${RoomRow} key=${room.id} room=${room} at=${at} messages=${messages} shown=${shown}
    onOpen=${open} />`;
  return html`<nav class="sl-side" aria-label="Channels and people">
    <div class="sl-team"><span class="sl-team-name">${at.app.team_name ?? "Workspace"}</span></div>
    <${Switcher} at=${at} rooms=${rooms} />
    <div class="sl-rooms">
      <${Section} title="Channels">${own.channels.map(row)}${own.others.map(row)}<//>
      ${own.direct.length > 0 && html`<${Section} title="Direct messages">${own.direct.map(row)}<//>`}
      <${Section} title="Apps"><${AppRow} at=${at} direct=${own.app} messages=${messages} shown=${shown}
        onChoose=${onChoose} /><//>
      ${own.archived.length > 0 && html`<details class="sl-fold" open=${own.archived.some((room) => room.id === shown)}>
        <summary>Archived</summary><ul class="sl-list">${own.archived.map(row)}</ul></details>`}
    </div>
  </nav>`;
});

const Section = ({ title, children }) => html`<section class="sl-section"><h2>${title}</h2><ul
  class="sl-list">${children}</ul></section>`;

function RoomRow({ room, at, messages, shown, onOpen }) {
  const inside = room.members.includes(at.me);
  const unread = inside && !room.is_archived ? unreadOf(messages, room.id, at.me, readUpTo(at.me, room.id)) : 0;
  const name = roomName(room, at);
  const join = () => { act("slack", "join", { user: at.me, channel: room.id }); onOpen(room); };
  const faint = room.is_archived || !inside ? "sl-faint" : "";
  return html`<li class="sl-room-row"><button type="button" class="sl-room ${faint} ${unread ? "sl-unread" : ""}"
      aria-current=${shown === room.id ? "page" : undefined} onClick=${() => onOpen(room)}>
      <${RoomSign} room=${room} at=${at} /><span class="sl-room-name" title=${name}>${name}</span>
      ${room.is_ext_shared && html`<span class="sl-room-shared" title="Shared with another workspace"><${Icon}
        name="shared" size=${13} />
        <span class="sr-only">shared with another workspace</span></span>`}
      ${unread > 0 && html`<span class="sl-badge"><span aria-hidden="true">${unread > MOST_SHOWN ? `${MOST_SHOWN}+`
        : unread}</span>
        <span class="sr-only">${unread} unread</span></span>`}
    </button>${!inside && !room.is_archived && html`<button type="button" class="sl-join" aria-label="Join ${name}"
      onClick=${join}>Join</button>`}</li>`;
}

export function RoomSign({ room, at }) {
  if (room.kind === "im") return html`<${Avatar} id=${room.members.find((id) => id !== at.me) ?? at.me} at=${at}
    size=${20} />`;
  if (room.kind === "mpim") return html`<span class="sl-many">${room.members.length - 1}</span>`;
  return html`<${Icon} name=${isPrivate(room) ? "lock" : "hash"} size=${15} />`;
}

function AppRow({ at, direct, messages, shown, onChoose }) {
  const unread = direct ? unreadOf(messages, direct.id, at.me, readUpTo(at.me, direct.id)) : 0;
  const here = shown === "home" || (direct && shown === direct.id);
  const open = () => {
    go(direct && (unread || !at.app.home) ? { room: direct.id, thread: "", view: "" } : { view: "home", thread: "" }, { replace: false });
    onChoose();
  };
  return html`<li><button type="button" class="sl-room ${unread ? "sl-unread" : ""}" aria-current=${here ? "page"
    : undefined} onClick=${open}>
    <${Avatar} id=${at.app.bot_user} at=${at} size=${20} /><span
      class="sl-room-name">${nameOf(at.app.bot_user, at)}</span>
    ${unread > 0 && html`<span class="sl-badge"><span aria-hidden="true">${unread}</span><span
      class="sr-only">${unread} unread</span></span>`}</button></li>`;
}

/** Look through somebody else's eyes. The room stays, if they may see it. */
function Switcher({ at, rooms }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const actors = [...at.people.values()].filter(canAct);
  const become = (person) => {
    set(false);
    const other = standing(person.id, at.people, at.app, null);
    const stays = at.room?.members.includes(person.id);
    go(stays ? { me: person.id } : { me: person.id, room: firstRoom(rooms, other)?.id ?? "", thread: "" },
      { replace: false });
  };
  return html`<button ref=${button} type="button" class="sl-actor" aria-haspopup="menu" aria-expanded=${String(open)}
      aria-label="Acting as ${nameOf(at.me, at)}${at.person ? `, ${badgeOf(at.person, at)}` : ""}. Change"
        onClick=${() => set(!open)}>
      <${Avatar} id=${at.me} at=${at} size=${28} />
      <span class="sl-actor-text"><span class="sl-actor-as">Acting as${at.person && html`<span
        class="sl-kind">${badgeOf(at.person, at)}</span>`}</span>
        <b class="sl-actor-name">${nameOf(at.me, at)}</b></span><${Icon} name="down" size=${12} /></button>
    ${open && html`<${Popover} anchor=${button} role="menu" label="Act as" kind="sl-menu" onClose=${() => set(false)}>
      <div class="sl-menu-head">Act as</div>
      ${actors.map((one) => html`<${MenuItem} key=${one.id} checked=${one.id === at.me} onClick=${() => become(one)}>
        <${Avatar} id=${one.id} at=${at} size=${24} /><span class="sl-item-name">${nameOf(one.id, at)}</span>
        <span class="sl-kind sl-kind-${badgeOf(one, at)}">${badgeOf(one, at)}</span><//>`)}
    <//>`}`;
}

// What stands above a channel: its name, who is in it, and what may be done with the whole of it.
import { html, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { go } from "../here.js";
import { Icon } from "./icons.js";
import { Avatar, badgeOf, hasApp, isDirect, isFull, nameOf, roomName } from "./people.js";
import { MenuItem, Popover } from "./popover.js";
import { RoomSign } from "./sidebar.js";

export const Drawer = ({ onOpen, open }) => html`<button type="button" class="sl-tool sl-burger"
  aria-label="Channels and people" aria-expanded=${String(open)}
  onClick=${onOpen}><${Icon} name="menu" /></button>`;

export function Header({ at, drawer }) {
  const { room } = at;
  return html`<header class="sl-header">${drawer}
    <h2 class="sl-title"><${RoomSign} room=${room} at=${at} /><span class="sl-title-text"
      title=${roomName(room, at)}>${roomName(room, at)}</span></h2>
    ${room.is_ext_shared && html`<span class="sl-mark"><${Icon} name="shared" size=${13} /> Shared</span>`}
    ${room.is_archived && html`<span class="sl-mark">Archived</span>`}
    <span class="sl-tools-gap"></span>
    ${!isDirect(room) && html`<${Members} at=${at} /><${RoomMenu} at=${at} />`}
  </header>`;
}

function Members({ at }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const many = at.room.members.length;
  return html`<button ref=${button} type="button" class="sl-members" aria-haspopup="dialog"
    aria-expanded=${String(open)}
      aria-label="${many} members" title="Who is in this channel" onClick=${() => set(!open)}><${Icon}
        name="people" /> ${many}</button>
    ${open && html`<${Popover} anchor=${button} label="Members" kind="sl-people"
      onClose=${() => set(false)}><${MemberList} at=${at} /><//>`}`;
}

function MemberList({ at }) {
  const { room, app } = at;
  const people = room.members.map((id) => at.people.get(id)).filter(Boolean);
  const may = at.inside && !room.is_archived && isFull(at.person, at);
  const bring = () => act("slack", "join", { user: app.bot_user, channel: room.id });
  const remove = () => act("slack", "leave", { user: app.bot_user, channel: room.id, actor: at.me });
  return html`<h3 class="sl-pop-title">${people.length} ${people.length === 1 ? "member" : "members"}</h3>
    <ul class="sl-member-list">${people.map((one) => html`<li key=${one.id} class="sl-member">
      <${Avatar} id=${one.id} at=${at} size=${28} /><span class="sl-member-name">${nameOf(one.id, at)}${one.id === at.me
        ? " (you)" : ""}</span>
      ${one.is_bot ? html`<span class="sl-app">APP</span>` : html`<span class="sl-kind">${one.deleted ? "deactivated"
        : badgeOf(one, at)}</span>`}
      ${may && one.id === app.bot_user && html`<button type="button" class="sl-button sl-button-small" onClick=${remove}
        aria-label="Remove ${nameOf(one.id, at)}">Remove</button>`}</li>`)}</ul>
    ${!hasApp(room, app) && html`<div class="sl-member-add">
      ${may ? html`<button type="button" class="sl-button" onClick=${bring}>Add the app to this channel</button>`
        : html`<p class="sl-none">The app is not in this channel.</p>`}</div>`}`;
}

/** Leaving and archiving are for full members of the channel. */
function RoomMenu({ at }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  if (!at.inside || !isFull(at.person, at)) return null;
  const { room } = at;
  const then = (verb, more = {}) => () => {
    set(false);
    act("slack", verb, { user: at.me, channel: room.id, ...more });
  };
  const leave = () => { then("leave")(); go({ thread: "" }); };
  return html`<button ref=${button} type="button" class="sl-tool" aria-label="Channel actions" title="Channel actions"
    aria-haspopup="menu" aria-expanded=${String(open)}
      onClick=${() => set(!open)}><${Icon} name="more" /></button>
    ${open && html`<${Popover} anchor=${button} role="menu" label="Channel actions" kind="sl-menu"
      onClose=${() => set(false)}>
      ${room.is_archived ? html`<${MenuItem} onClick=${then("archive", { undo: true })}>Unarchive channel<//>`
        : html`<${MenuItem} onClick=${leave}>Leave channel<//><${MenuItem} danger
          onClick=${then("archive")}>Archive channel for everyone<//>`}
    <//>`}`;
}

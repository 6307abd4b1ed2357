// A small Slack: the rooms on the left, one of them in the middle, a thread on the right. See docs/USING.md.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/ui.js";
import { go, useHere } from "../here.js";
import { emojiOf, useCollection, useItem } from "../store.js";
import { Channel } from "./channel.js";
import { Modal } from "./drawn.js";
import { Drawer } from "./header.js";
import { Home } from "./home.js";
import { followInside } from "./links.js";
import { marksRead, useLocal } from "./local.js";
import { canAct, canSee, firstRoom, roomsOf, standing } from "./people.js";
import { Sidebar } from "./sidebar.js";
import { Thread } from "./thread.js";

const NO_APP = {};

export function SlackPane() {
  const now = useHere();
  const [people, rooms] = [useCollection("slack.people"), useCollection("slack.rooms")];
  const [messages, ephemerals] = [useCollection("slack.messages"), useCollection("slack.ephemerals")];
  const app = useItem("slack.app", "app") ?? NO_APP;
  const me = actor(now.me, people);
  const room = shownRoom(now.room, rooms, standing(me, people, app, null));
  const signs = emojiOf("wave") !== null;
  const at = useMemo(() => standing(me, people, app, room, signs), [me, people, app, room, signs]);
  useEndOfHome(now);
  if (!room || !me) return html`<div class="sl-empty" role="status">Waiting for Slack…</div>`;
  return html`<${Frame} now=${now} at=${at} rooms=${rooms} messages=${messages} ephemerals=${ephemerals} />`;
}

function actor(wanted, people) {
  const person = people.get(wanted);
  return person && canAct(person) ? wanted : [...people.values()].find(canAct)?.id ?? "";
}

function shownRoom(wanted, rooms, at) {
  const room = rooms.get(wanted);
  return room && canSee(room, at) ? room : firstRoom(rooms, at);
}

/** Whoever leads elsewhere, such as the play, leads out of the app's Home. */
function useEndOfHome(now) {
  const before = useRef(`${now.room} ${now.thread}`);
  useEffect(() => {
    const place = `${now.room} ${now.thread}`;
    if (place !== before.current && now.thread && now.view === "home") go({ view: "" });
    before.current = place;
  }, [now.room, now.thread]);
}

function Frame({ now, at, rooms, messages, ephemerals }) {
  useLocal();
  const [open, set] = useState(false);
  const box = useRef(null);
  const views = useItem("slack.views", at.me);
  const home = useItem("slack.homes", at.me);
  const isHome = now.view === "home";
  const drawer = useMemo(() => html`<${Drawer} open=${open} onOpen=${() => set(true)} />`, [open]);
  const onChoose = useMemo(() => () => set(false), []);
  const to = (what) => () => box.current.querySelector(what)?.focus();
  const onKeyDown = (event) => {
    if (open && event.key === "Escape") { set(false); to(".sl-channel .sl-burger")(); }
  };
  useEffect(() => { if (open) to(".sl-actor")(); }, [open]);
  const direct = roomsOf(rooms, at).app;
  return html`<div ref=${box} class="sl ${open ? "sl-open" : ""}" data-thread=${!isHome && now.thread ? "open"
    : undefined} onKeyDown=${onKeyDown} onClick=${(event) => followInside(event, rooms)}>
    <div class="sl-skips">
      <button type="button" class="sl-skip"
        onClick=${to(".sl-channel [data-row][tabindex='0']")}>Skip to messages</button>
      <button type="button" class="sl-skip"
        onClick=${to(".sl-channel > .sl-composer .sl-field")}>Skip to the message box</button>
    </div>
    <${Sidebar} at=${at} rooms=${rooms} messages=${messages} shown=${isHome ? "home" : at.room.id} onChoose=${onChoose}
      marks=${marksRead()} />
    <div class="sl-curtain" onClick=${onChoose}></div>
    ${isHome ? html`<${Home} at=${at} direct=${direct} view=${home} drawer=${drawer} />`
      : html`<${Channel} at=${at} rooms=${rooms} messages=${messages} ephemerals=${ephemerals} drawer=${drawer} />`}
    ${!isHome && now.thread && html`<${Thread} at=${at} rooms=${rooms} messages=${messages} ephemerals=${ephemerals}
      ts=${now.thread} />`}
    ${views?.stack?.length > 0 && html`<${Modal} key=${at.me} user=${at.me} stack=${views.stack} />`}
  </div>`;
}

// What a text field offers while one types: commands, people, channels, emoji.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/ui.js";
import { emojiOf } from "../store.js";
import { emojiLike } from "./emoji.js";
import { Icon } from "./icons.js";
import { Avatar, canSee, isDirect, isFull, isOutsider, isPrivate, nameOf } from "./people.js";
import { askedAt } from "./typed.js";

const MOST = 8;
const INVITE = { command: "/invite", usage_hint: "@someone", description: "Add somebody, or the app, to this channel",
  own: true };
const EVERYBODY = [["channel", "Notify everyone in this channel"], ["here", "Notify every active member here"]];

/** Commands as this person has them: none for people of another workspace. */
export function commandsOf(at) {
  if (!at.person || isOutsider(at.person, at)) return [];
  return [...(at.app.commands ?? []), ...(at.room && !isDirect(at.room) ? [INVITE] : [])];
}

/** {list, chosen, onKey, pick}: `onKey(event)` is true when it has taken the key. */
export function useCompletion({ text, caret, at, rooms, replace }) {
  const [chosen, choose] = useState(0);
  const [closed, close] = useState("");
  const asked = useMemo(() => askedAt(text, caret), [text, caret]);
  const key = asked ? `${asked.kind}${asked.from}` : "";
  const list = useMemo(() => (asked && closed !== key ? offers(asked, at, rooms) : []), [asked, at, rooms, closed]);
  useEffect(() => choose(0), [asked?.query, key]);
  useEffect(() => { if (!asked) close(""); }, [asked]);
  const pick = (one) => replace(asked.from, caret, `${one.label} `, one.token ? { [one.label]: one.token } : {});
  const onKey = (event) => {
    if (!list.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((chosen + step + list.length) % list.length);
    else if (event.key === "Escape") close(key);
    else if (event.key === "Tab" && !event.shiftKey) pick(list[chosen]);
    else if (event.key === "Enter" && !event.shiftKey && !settled(list[chosen], asked)) pick(list[chosen]);
    else if (event.key === " " && exact(list, asked)) pick(exact(list, asked));
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { list, chosen: Math.min(chosen, list.length - 1), onKey, pick };
}

/** A command that is written out runs at once; everything else is picked first. */
const settled = (one, asked) => asked.kind === "/" && one.label === `/${asked.query}`;

const exact = (list, asked) => (asked.kind === "@" && asked.query
  ? list.find((one) => one.names?.includes(asked.query.toLowerCase())) : undefined);

function offers(asked, at, rooms) {
  const query = asked.query.toLowerCase();
  if (asked.kind === "/") return commandOffers(query, at);
  if (asked.kind === "@") return peopleOffers(query, at).slice(0, MOST);
  if (asked.kind === "#") return roomOffers(query, at, rooms).slice(0, MOST);
  return emojiLike(query, MOST).map((name) => ({ id: name, label: `:${name}:`, title: `:${name}:`,
    sign: emojiOf(name) }));
}

function commandOffers(query, at) {
  return commandsOf(at).filter((one) => one.command.slice(1).startsWith(query)).map((one) => ({
    id: one.command, label: one.command, title: one.command, hint: one.usage_hint, about: one.description,
    by: one.own ? "Slack" : at.app.name,
  }));
}

function peopleOffers(query, at) {
  const fits = (names) => names.some((name) => name.startsWith(query)
    || name.split(/\s+/).some((word) => word.startsWith(query)));
  const inside = new Set(at.room?.members);
  const people = [...at.people.values()].filter((one) => !one.deleted && one.id !== at.me && (isFull(at.person, at)
    || inside.has(one.id)))
    .map((one) => personOffer(one, at, inside)).filter((one) => fits(one.names));
  people.sort((one, other) => Number(other.inside) - Number(one.inside) || one.label.localeCompare(other.label));
  if (!at.room || isDirect(at.room)) return people;
  const all = EVERYBODY.filter(([name]) => name.startsWith(query) && query)
    .map(([name, about]) => ({ id: name, label: `@${name}`, token: `<!${name}>`, title: `@${name}`, about, sign: "📣",
      names: [name] }));
  return [...people, ...all];
}

function personOffer(one, at, inside) {
  const name = nameOf(one.id, at);
  const names = [...new Set([name, one.name, one.real_name])].map((known) => known.toLowerCase());
  return {
    id: one.id, label: `@${name}`, token: `<@${one.id}>`, title: name, names, inside: inside.has(one.id), face: one.id,
    about: one.id === at.app.bot_user ? "App" : one.name, by: !at.room || inside.has(one.id) ? "" : "not in channel",
  };
}

function roomOffers(query, at, rooms) {
  return [...rooms.values()].filter((room) => !isDirect(room) && !room.is_archived && canSee(room, at)
    && room.name.includes(query))
    .sort((one, other) => one.name.indexOf(query) - other.name.indexOf(query) || one.name.localeCompare(other.name))
    .map((room) => ({ id: room.id, label: `#${room.name}`, token: `<#${room.id}>`, title: room.name,
      icon: isPrivate(room) ? "lock" : "hash" }));
}

export function Offers({ id, completion, at }) {
  const box = useRef(null);
  useEffect(() => box.current?.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" }),
    [completion.chosen]);
  if (!completion.list.length) return null;
  return html`<ul ref=${box} class="sl-offers" id=${id} role="listbox" aria-label="Suggestions">
    ${completion.list.map((one, nth) => html`<li key=${one.id} id="${id}-${nth}" role="option" class="sl-offer"
      aria-selected=${String(nth === completion.chosen)} onPointerDown=${(event) => { event.preventDefault();
        completion.pick(one); }}>
      ${one.face && html`<${Avatar} id=${one.face} at=${at} size=${20} />`}
      ${one.icon && html`<${Icon} name=${one.icon} />`}
      ${one.sign && html`<span class="sl-offer-sign">${one.sign}</span>`}
      <b>${one.title}</b>${one.hint && html`<span class="sl-offer-hint">${one.hint}</span>`}
      ${one.about && html`<span class="sl-offer-about">${one.about}</span>`}${one.by && html`<span
        class="sl-offer-by">${one.by}</span>`}</li>`)}
  </ul>`;
}

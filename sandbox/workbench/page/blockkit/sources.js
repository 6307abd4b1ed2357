// Where the choices of a menu come from: the element itself, the workspace, or the app.
import { useEffect, useRef, useState } from "../vendor/ui.js";
import { collection, emojiOf, item as stored, useStore } from "../store.js";
import { useDesk } from "./desk.js";
import { parsePlain } from "./text.js";

const PAUSE_MS = 250; // of typing, before the app is asked
const SHORTEST = 3; // letters before the app is asked, unless the element says otherwise
const KINDS = { public_channel: "public", private_channel: "private", im: "im", mpim: "mpim" };

/** {groups: [{label, items}], state, message, itemOf}. An item: {id, text, note, value}; `value` is what is held. */
export function useSource(block, element, query, open) {
  useStore();
  const desk = useDesk();
  const kind = element.type.replace(/^multi_/, "");
  const offered = useOffered(block, element, query, open && kind === "external_select");
  if (kind === "external_select") return offered;
  const read = { static_select: staticGroups, users_select: userGroups, conversations_select: roomGroups, channels_select: channelGroups };
  const groups = matching(read[kind](element, desk.user), query);
  const none = groups.every((group) => group.items.length === 0);
  const itemOf = { static_select: optionItem, users_select: userItem }[kind] ?? ((id) => roomItem(id, desk.user));
  return { groups, state: "ready", message: none ? "No results" : "", itemOf };
}

// --- options ----------------------------------------------------------------------------------------------------------

/** A text with its emoji, for where nothing but letters can stand. */
function letters(object) {
  const nodes = parsePlain(object?.text, { emoji: emojiOf });
  return nodes.map((node) => node.sign ?? node.text).join("");
}

export const optionItem = (option) => ({ id: option.value, text: letters(option.text), note: option.description ? letters(option.description) : "", value: option });

function staticGroups(element) {
  if (element.option_groups) return grouped(element.option_groups);
  return [{ label: "", items: (element.options ?? []).map(optionItem) }];
}

const grouped = (groups) => groups.map((group) => ({ label: letters(group.label), items: (group.options ?? []).map(optionItem) }));

function matching(groups, query) {
  const wanted = folded(query.trim());
  const fits = (one) => folded(`${one.text} ${one.note}`).includes(wanted);
  return groups.map((group) => ({ ...group, items: wanted ? group.items.filter(fits) : group.items }))
    .filter((group) => group.items.length || !group.label);
}

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// --- the workspace ----------------------------------------------------------------------------------------------------

const byText = (one, other) => one.text.localeCompare(other.text);

function userItem(id) {
  const person = stored("slack.people", id);
  return { id, text: person?.real_name || person?.name || id, note: person?.name ? `@${person.name}` : "", value: id };
}

function userGroups() {
  const there = [...collection("slack.people").values()].filter((person) => !person.deleted);
  return [{ label: "", items: there.map((person) => userItem(person.id)).sort(byText) }];
}

function roomItem(id, user) {
  const room = stored("slack.rooms", id);
  if (!room) return { id, text: id, note: "", value: id };
  if (room.kind !== "im" && room.kind !== "mpim") {
    return { id, text: `${room.kind === "private_channel" ? "🔒" : "#"} ${room.name}`, note: "", value: id };
  }
  const others = (room.members ?? []).filter((member) => member !== user).map((member) => userItem(member).text);
  return { id, text: others.join(", ") || room.name || id, note: "", value: id };
}

/** What this person can see. */
function seen(user) {
  return [...collection("slack.rooms").values()]
    .filter((room) => !room.is_archived && (room.kind === "public_channel" || (room.members ?? []).includes(user)));
}

function roomGroups(element, user) {
  const filter = element.filter ?? {};
  const fits = (room) => (!filter.include || filter.include.includes(KINDS[room.kind]))
    && !(filter.exclude_external_shared_channels && room.is_ext_shared)
    && !(filter.exclude_bot_users && room.kind === "im" && room.members.some((id) => stored("slack.people", id)?.is_bot));
  return [{ label: "", items: seen(user).filter(fits).map((room) => roomItem(room.id, user)).sort(byText) }];
}

function channelGroups(_element, user) {
  const open = seen(user).filter((room) => room.kind === "public_channel");
  return [{ label: "", items: open.map((room) => roomItem(room.id, user)).sort(byText) }];
}

// --- the app ----------------------------------------------------------------------------------------------------------

/** What the app offers for what is typed; only the answer to the last question counts. */
function useOffered(block, element, query, open) {
  const desk = useDesk();
  const [answer, set] = useState({ groups: [], state: "loading", message: "Loading…" });
  const asked = useRef(0);
  const first = useRef(true);
  const least = element.min_query_length ?? SHORTEST;
  useEffect(() => {
    const turn = ++asked.current;
    if (!open) { first.current = true; return undefined; }
    if (query.length < least) { set(short(least)); return undefined; }
    set((before) => ({ ...before, state: "loading", message: "Loading…" }));
    const wait = setTimeout(async () => {
      const found = await offer(desk, block, element, query);
      if (turn === asked.current) set(found);
    }, first.current ? 0 : PAUSE_MS);
    first.current = false;
    return () => { clearTimeout(wait); asked.current += 1; };
  }, [open, query]);
  return { ...answer, itemOf: optionItem };
}

const short = (least) => ({ groups: [], state: "short", message: `Type at least ${least} character${least === 1 ? "" : "s"} to see options` });

/** The answer may be a list of options, or {options} or {option_groups}, as the app gave it. */
async function offer(desk, block, element, query) {
  try {
    const found = await desk.suggest(block, element, query);
    const groups = found?.option_groups ? grouped(found.option_groups)
      : [{ label: "", items: (Array.isArray(found) ? found : found?.options ?? []).map(optionItem) }];
    const none = groups.every((group) => group.items.length === 0);
    return { groups, state: "ready", message: none ? "No results" : "" };
  } catch (error) {
    return { groups: [], state: "failed", message: `The options could not be loaded: ${error.message}` };
  }
}

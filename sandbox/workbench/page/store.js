// What the server says there is, kept in step by its feed. An item's identity changes only when the item did,
// so whoever draws an item may skip it by comparing with ===.
import { useEffect, useState } from "./vendor/ui.js";

const EMPTY = new Map();
const WIRE_KEPT = 400;

const collections = new Map();
let wire = [];
let connection = "connecting"; // then "live", or "lost" while the browser tries again
let emoji = {};
let version = 0;
const listeners = new Set();

export const collection = (name) => collections.get(name) ?? EMPTY;
export const item = (name, id) => collection(name).get(id);
export const emojiOf = (name) => emoji[name] ?? null;
export const emojiNames = () => Object.keys(emoji);

/** Begin to listen. The browser itself connects anew after a loss; the first event of a connection is the whole state. */
export function start() {
  fetch("/emoji.json").then((answer) => answer.json()).then((table) => { emoji = table; tell(); }, () => {});
  const feed = new EventSource("/feed");
  feed.onmessage = (event) => take(JSON.parse(event.data));
  feed.onerror = () => connected("lost");
}

/** Draw again whenever anything changes. Cheap: the page is small, and what did not change is memoised. */
export function useStore() {
  const [, draw] = useState(0);
  useEffect(() => {
    listeners.add(draw);
    draw(version);
    return () => listeners.delete(draw);
  }, []);
  return version;
}

export function useCollection(name) { useStore(); return collection(name); }
export function useItem(name, id) { useStore(); return item(name, id); }
export function useWire() { useStore(); return wire; }
export function useConnection() { useStore(); return connection; }

/** For the block preview and for tests: the same as an event of the feed. */
export function take(patch) {
  if (patch.reset) { collections.clear(); wire = []; }
  for (const [name, items] of Object.entries(patch.put ?? {})) put(name, items);
  for (const [name, ids] of Object.entries(patch.drop ?? {})) drop(name, ids);
  if (patch.wire?.length) wire = merged(wire, patch.wire);
  connection = "live";
  tell();
}

function put(name, items) {
  const next = new Map(collection(name));
  for (const [id, value] of Object.entries(items)) next.set(id, value);
  collections.set(name, next);
}

function drop(name, ids) {
  const next = new Map(collection(name));
  for (const id of ids) next.delete(id);
  collections.set(name, next);
}

/** Entries that are completed later come again under the same id. */
function merged(known, news) {
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  for (const entry of news) byId.set(entry.id, entry);
  return [...byId.values()].sort((one, other) => one.at - other.at).slice(-WIRE_KEPT);
}

function connected(state) { if (connection !== state) { connection = state; tell(); } }

let asked = false;
function tell() {
  if (asked) return;
  asked = true;
  queueMicrotask(() => { asked = false; version += 1; for (const draw of listeners) draw(version); });
}

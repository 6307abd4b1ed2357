// What lives in this browser only: drafts, what was read, notes of the client itself, what was dismissed.
import { useEffect, useState } from "../vendor/ui.js";
import { SLACKBOT } from "./people.js";
import { tsAfter } from "./times.js";

const listeners = new Set();
const tell = () => { for (const draw of listeners) draw({}); };

export function useLocal() {
  const [, draw] = useState(null);
  useEffect(() => { listeners.add(draw); return () => listeners.delete(draw); }, []);
}

/** A table that outlives a reload; without storage it lives as long as the page. */
function kept(storage, name) {
  let table = {};
  try { table = JSON.parse(storage().getItem(name)) ?? {}; } catch { /* none, or not ours */ }
  const save = () => { try { storage().setItem(name, JSON.stringify(table)); } catch { /* full, or forbidden */ } };
  return {
    get: (key) => table[key],
    set: (key, value) => { if (value === undefined) delete table[key]; else table[key] = value; save(); },
  };
}

// Read marks

const marks = kept(() => localStorage, "workbench.slack.read");

let count = 0;

/** Another number after each change. */
export const marksRead = () => count;
export const readUpTo = (me, room) => marks.get(`${me}/${room}`) ?? "";

export function markRead(me, room, ts) {
  if (!ts || ts <= readUpTo(me, room)) return;
  marks.set(`${me}/${room}`, ts);
  count += 1;
  tell();
}

// Drafts

const drafts = kept(() => sessionStorage, "workbench.slack.drafts");
const EMPTY = { text: "", picks: {}, files: [], broadcast: false };

export const draftOf = (key) => ({ ...EMPTY, ...drafts.get(key) });
export const keepDraft = (key, draft) => drafts.set(key, draft.text || draft.files.length ? draft : undefined);

// Notes of the client itself, in Slackbot's name

const MOST_NOTES = 50;
let notes = [];
let last = "";
export const ownNotes = () => notes;

export function note({ me, room, thread = "", text, after = "" }) {
  last = tsAfter(after > last ? after : last);
  const said = { ts: last, channel: room, reader: me, author: SLACKBOT, text, thread_ts: thread || undefined };
  notes = [...notes.slice(1 - MOST_NOTES), said];
  tell();
}

const gone = new Set();
export const dismissed = () => gone;
export function dismiss(me, ts) { gone.add(`${me}/${ts}`); tell(); }

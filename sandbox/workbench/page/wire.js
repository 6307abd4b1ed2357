// Everything that passes between Slack, the bot and Evo Voice, the newest first.
import { html, memo, useCallback, useMemo, useState } from "./vendor/ui.js";
import { Copy } from "./evo/copy.js";
import { useWire } from "./store.js";

const SIDES = { slack: "Slack", bot: "bot", evo: "Evo Voice" };
const FILTERS = [
  ["all", "Everything", () => true],
  ["events", "Slack → bot", (entry) => entry.from === "slack"],
  ["api", "bot → Slack", (entry) => entry.to === "slack"],
  ["evo", "bot → Evo Voice", (entry) => entry.from === "evo" || entry.to === "evo"],
  ["errors", "Errors only", (entry) => !entry.ok && !entry.open],
];
const READS = /^GET \/sessions(?:\/[^/?]+(?:\/transcript)?)?\/?$/i;
const LONG_ID = /\b[\da-f]{20}([\da-f]{4})\b/g;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;
const LONG_STRING = 300; // characters, quotes and escapes counted; the rest of it is folded
const COLOURED = 60_000; // characters of JSON; what is longer stays grey, so that it opens at once
const SECOND = 1000;

export function WirePane() {
  const wire = useWire();
  const [filter, choose] = useState("all");
  const [words, search] = useState("");
  const [quiet, hide] = useState(true);
  const [held, hold] = useState(null);
  const [since, clear] = useState(0);
  const fits = useCallback((entry) => entry.at > since && matches(entry, filter, words), [since, filter, words]);
  const all = useMemo(() => wire.filter(fits), [wire, fits]);
  const shown = useMemo(() => (held ? held.filter(fits) : all), [held, all, fits]);
  const rows = useMemo(() => folded(shown, quiet), [shown, quiet]);
  const list = useMemo(() => rows.map(drawn), [rows]);
  const fresh = held ? unseen(all, held, quiet) : 0;
  const tools = { filter, choose, words, search, quiet, hide, held, fresh,
    hold: () => hold(held ? null : wire), clear: () => { clear(wire.at(-1)?.at ?? 0); if (held) hold(wire); } };
  return html`<div class="wi"><${Tools} ...${tools} />
    <ol class="wi-rows" aria-label="What passed, newest first" tabindex="0">
      ${rows.length === 0
        && html`<li class="wi-none">${wire.length ? "Nothing fits." : "Nothing has passed yet."}</li>`}
      ${list}
    </ol></div>`;
}

const drawn = ({ key, entry, count }) => html`<${Row} key=${key} entry=${entry} count=${count} />`;

function Tools({ filter, choose, words, search, quiet, hide, held, hold, fresh, clear }) {
  return html`<header class="wi-bar"><h2 class="wi-title">Wire</h2>
    <select aria-label="Show" value=${filter} onChange=${(event) => choose(event.target.value)}>
      ${FILTERS.map(([id, name]) => html`<option key=${id} value=${id}>${name}</option>`)}</select>
    <input type="search" class="wi-search" placeholder="Search" aria-label="Search the wire" value=${words}
      onInput=${(event) => search(event.target.value)} />
    <label class="wi-quiet" title="The bot reads transcripts several times a second">
      <input type="checkbox" checked=${quiet} onChange=${(event) => hide(event.target.checked)} />
      <span>hide polling</span></label>
    <button class="button" aria-pressed=${held !== null} onClick=${hold}>${held ? "Go on" : "Pause"}</button>
    ${fresh > 0 && html`<span class="wi-fresh" role="status">${fresh} new</span>`}
    <button class="button" onClick=${clear}>Clear</button></header>`;
}

// Which, and in what order

const haystacks = new WeakMap();

function haystack(entry) {
  const { title, status, note, request, answer } = entry;
  if (!haystacks.has(entry)) {
    haystacks.set(entry, JSON.stringify([title, status, note, request, answer]).toLowerCase());
  }
  return haystacks.get(entry);
}

function matches(entry, filter, words) {
  const [, , fits] = FILTERS.find(([id]) => id === filter);
  return fits(entry) && (!words || haystack(entry).includes(words.toLowerCase()));
}

/** A look at sessions or a transcript that went well, or has no answer yet. */
const polls = (entry) => entry.to === "evo" && (entry.ok || entry.open) && !entry.note && READS.test(entry.title);

function unseen(all, held, quiet) {
  const known = new Set(held.map((entry) => entry.id));
  return all.filter((entry) => !known.has(entry.id) && !(quiet && polls(entry))).length;
}

/** Newest first. Equal looks with nothing but looks between them become one row, named by its oldest. */
function folded(entries, quiet) {
  const rows = [];
  let run = new Map();
  for (const entry of entries.toReversed()) {
    if (!polls(entry)) {
      run = new Map();
      rows.push({ key: entry.id, entry, count: 1 });
    } else if (!quiet) {
      const first = run.get(entry.title) ?? { entry, count: 0 };
      if (!first.count) { rows.push(first); run.set(entry.title, first); }
      first.count += 1;
      first.key = `run ${entry.id}`;
    }
  }
  return rows;
}

// One of them

const Row = memo(({ entry, count }) => {
  const [open, set] = useState(false);
  const { from, to, title, note } = entry;
  const short = title.replace(LONG_ID, "…$1");
  return html`<li class="wi-row" data-way=${`${from}-${to}`} data-bad=${!entry.ok && !entry.open}>
    <details onToggle=${(event) => set(event.target.open)}>
      <summary>
        <time class="wi-time">${clock(entry.at)}</time>
        <span class="wi-way">${SIDES[from]} → ${SIDES[to]}</span>
        <span class="wi-name" title=${title}>${short}${count > 1 && html` <b>×${count}</b>`}</span>
        <span class="wi-status">${outcome(entry)}</span>
        <span class="wi-took">${took(entry.seconds)}</span>
        ${note && html`<span class="wi-note">${note}</span>`}
      </summary>
      ${open && html`<${Body} name="Request" value=${entry.request} /><${Body} name="Answer" value=${entry.answer} />`}
    </details></li>`;
}, (one, other) => one.entry === other.entry && one.count === other.count);

/** A fault may have let the answer through, as it does when it is only slow. */
function outcome({ ok, open, status, note }) {
  if (open) return "… waiting";
  if (ok) return `✓ ${status}`;
  return status.startsWith("2") && note.startsWith("fault") ? `⚠ ${status}` : `✗ ${status || "failed"}`;
}

function took(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 1 ? `${Math.round(seconds * SECOND)} ms` : `${seconds.toFixed(1)} s`;
}

const clock = (at) => new Date(at * SECOND).toLocaleTimeString("en-GB", { timeStyle: "medium", hourCycle: "h23" });

function Body({ name, value }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const nothing = value === null || value === undefined || value === "";
  return html`<section class="wi-body" aria-label=${name}><h3>${name}</h3>
    ${nothing ? html`<p class="wi-none">nothing</p>` : html`<${Copy} text=${text} what=${`the ${name.toLowerCase()}`} />
      <pre tabindex="0">${typeof value === "string" ? text : html`<${Json} text=${text} />`}</pre>`}</section>`;
}

function Json({ text }) {
  return useMemo(() => (text.length > COLOURED ? text : coloured(text)), [text]);
}

/** The text in pieces, each with its kind as a class; nothing is added and nothing left out. */
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [whole, string, colon] = found;
    parts.push(text.slice(end, found.index));
    if (colon) parts.push(html`<span class="wi-key">${string}</span>${colon}`);
    else if (string) parts.push(html`<${Text} text=${string} />`);
    else parts.push(html`<span class="wi-value">${whole}</span>`);
    end = found.index + whole.length;
  }
  return [...parts, text.slice(end)];
}

function Text({ text }) {
  const [whole, set] = useState(text.length <= LONG_STRING);
  if (whole) return html`<span class="wi-text">${text}</span>`;
  const more = (text.length - LONG_STRING).toLocaleString("en-GB");
  return html`<span class="wi-text">${text.slice(0, LONG_STRING)}</span><button class="wi-more"
    onClick=${() => set(true)}>… ${more} more characters</button>`;
}

// The play above everything: which scene, why, and how to hold it, step through it or skip it.
import { html, useLayoutEffect, useRef } from "./vendor/ui.js";
import { act } from "./act.js";
import { go, useHere } from "./here.js";
import { useItem } from "./store.js";

const SIGNS = { kept: "✓", broken: "✗", slack: "Slack", evo: "Evo Voice" };
const SKIP = ["skip", "Skip to the end"];
const BUTTONS = {
  waiting: [["start", "Begin"]],
  playing: [["pause", "Pause"], SKIP],
  paused: [["resume", "Go on"], ["next", "Next step"], SKIP],
};
const GOING = new Set(["playing", "paused"]);

export function PlayBar() {
  const play = useItem("play", "play");
  const lines = useItem("play", "lines")?.lines ?? [];
  if (!play || play.state === "none") return html`<div class="pl-nothing"></div>`;
  return html`<section class="pl" aria-label="The play" data-state=${play.state}>
    <${Now} play=${play} broken=${lines.filter((line) => line.kind === "broken").length} />
    <div class="pl-buttons"><${Buttons} state=${play.state} />${GOING.has(play.state) && html`<${Follow} />`}</div>
    <${Lines} play=${play} lines=${lines} />
  </section>`;
}

/** What goes on, in one line; a click tells the whole story. */
function Now({ play, broken }) {
  const { title, more } = words(play);
  const result = play.state === "done" ? play.result : null;
  return html`<button class="pl-now" popovertarget="pl-lines" title=${more || "What was played"}
      data-kept=${result ? result.kept : undefined}>
      <b>${title}</b>${broken > 0 && !result && html`<b class="pl-broken"> · ✗ ${broken} broken</b>`}
      ${more && html`<span class="pl-why">${more}</span>`}</button>
    <p class="sr-only" role="status">${title}</p>`;
}

function words({ state, number, of, title, why, result }) {
  const scene = title ? `Scene ${number} of ${of}: ${title}` : "The play";
  if (state === "waiting") return { title: "The play begins …", more: why ?? "" };
  if (state === "paused") return { title: `Paused · ${scene}`, more: why ?? "" };
  if (state === "playing") return { title: scene, more: why ?? "" };
  if (!result) return { title: "Your turn: everything is live.", more: "" };
  const verdict = result.kept ? "✓ All promises kept." : "✗ A promise was broken.";
  return { title: `${verdict} Your turn: everything is live.`, more: result.text };
}

function Buttons({ state }) {
  return (BUTTONS[state] ?? []).map(([verb, name]) => html`<button key=${verb} class="button"
    onClick=${() => act("play", verb)}>${name}</button>`);
}

function Follow() {
  const { follow } = useHere();
  const change = (event) => go({ follow: event.target.checked ? "1" : "0" });
  return html`<label class="pl-follow" title="Look through the eyes of whoever acts">
    <input type="checkbox" role="switch" checked=${follow === "1"} onChange=${change} /><span>Follow</span></label>`;
}

function Lines({ play, lines }) {
  const box = useRef();
  const toEnd = () => { box.current.scrollTop = box.current.scrollHeight; };
  useLayoutEffect(() => {
    if (box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < 120) toEnd();
  }, [lines]);
  const { result } = play;
  return html`<div id="pl-lines" class="pl-lines" popover="auto" role="dialog" aria-label="What was played"
    ref=${box} onToggle=${() => box.current && toEnd()}>
    ${lines.length === 0 && html`<p>${play.why || "Nothing yet."}</p>`}
    <ol>${lines.map((line, n) => html`<li key=${n} data-kind=${line.kind}><${Line} ...${line} /></li>`)}</ol>
    ${result && html`<p class="pl-result" data-kept=${result.kept}>
      ${result.kept ? "✓ Kept" : "✗ Broken"}: ${result.text}</p>`}
  </div>`;
}

function Line({ kind, text, scene }) {
  if (kind === "scene") return html`<h3>${/\d/.test(scene) && `${scene}. `}${text}</h3>`;
  const sign = SIGNS[kind];
  return html`${sign && html`<b class="pl-sign">${sign}</b> `}<span>${text}</span>`;
}

// A small Block Kit preview: JSON on the left, drawn on the right with the components of the workbench.
import { html, render, useEffect, useRef, useState } from "./vendor/ui.js";
import { Blocks, HomeTab, MessageText, Modal } from "./blockkit/index.js";
import { here } from "./here.js";
import { start, useItem } from "./store.js";
import { Toasts } from "./toast.js";

const SAMPLE = {
  blocks: [
    { type: "header", text: { type: "plain_text", text: "💬 Chat · Broken boiler" } },
    { type: "section", fields: [{ type: "mrkdwn", text: "*State*\nActive" }, { type: "mrkdwn", text: "*People*\nMrs Lee, Joe" }] },
    { type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Invite" }, style: "primary", value: "7" }] },
  ],
};
const LINES = 200;
const WHERE = ["message", "modal", "home"];
let show = () => {};

/**
 * For tests, and for the console: draws a payload. Options: `where` (else told by its type), `values`, `errors`, `disabled`, `below` (views
 * under a modal), `answers` by verb; `live` draws what the person has open in the stand-in instead.
 */
window.preview = (payload = {}, options = {}) => new Promise((drawn) => { show(payload, options, drawn); });

function Preview() {
  const [now, set] = useState({ payload: SAMPLE, text: JSON.stringify(SAMPLE, null, 2), where: "message", options: {}, bad: "", turn: 0 });
  const [log, setLog] = useState([]);
  const say = (...words) => setLog((lines) => [...lines.slice(1 - LINES), words.map((word) => JSON.stringify(word)).join(" ")]);
  useEffect(() => {
    show = (payload, options, drawn) => {
      setLog([]);
      set(({ turn }) => ({ payload, text: JSON.stringify(payload, null, 2), where: options.where ?? whereOf(payload), options, bad: "", turn: turn + 1 }));
      requestAnimationFrame(() => requestAnimationFrame(() => drawn()));
    };
    window.preview.ready = true;
  }, []);
  const typed = (text) => {
    try {
      const payload = JSON.parse(text);
      set((before) => ({ ...before, text, payload, bad: "", where: payload?.type ? whereOf(payload) : before.where }));
    } catch (error) {
      set((before) => ({ ...before, text, bad: error.message }));
    }
  };
  return html`<div class="pv">
    <header class="pv-top"><h1 class="pv-name">Block Kit preview</h1>
      <fieldset class="pv-where"><legend class="sr-only">Drawn as</legend>
        ${WHERE.map((where) => html`<label key=${where}><input type="radio" name="where" checked=${now.where === where}
          onChange=${() => set({ ...now, where, turn: now.turn + 1 })} /> ${where}</label>`)}</fieldset>
      <button class="button" onClick=${flip}>Light or dark</button></header>
    <section class="pv-left" aria-label="JSON">
      <textarea class="pv-json" aria-label="Block Kit JSON" spellcheck=${false} value=${now.text} onInput=${(event) => typed(event.currentTarget.value)}></textarea>
      ${now.bad && html`<p class="pv-bad" role="status">${now.bad}</p>`}
    </section>
    <section class="pv-right" aria-label="Drawn">
      <div class="pv-stage bk-stage"><${Drawn} key=${now.turn} ...${now} say=${say} /></div>
      <${Log} lines=${log} />
    </section>
  </div><${Toasts} />`;
}

const whereOf = (payload) => (WHERE.includes(payload?.type) ? payload.type : "message");

function flip() {
  const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
}

function Drawn(props) { return props.options.live ? html`<${Live} />` : html`<${Sample} ...${props} />`; }

/** What the person has open in the stand-in, with gestures that reach it. */
function Live() {
  const user = here().me;
  const home = useItem("slack.homes", user);
  const views = useItem("slack.views", user);
  return html`${home && html`<${HomeTab} user=${user} view=${home} />`}<${Modal} user=${user} stack=${views?.stack} />`;
}

/** Answers as if the app had taken everything; `options.answers` by verb say otherwise. */
function Sample({ payload, where, options, turn, say }) {
  const user = here().me;
  const gesture = async (verb, args) => {
    say(verb, args);
    return options.answers?.[verb] ?? { ok: true, result: verb === "submit" ? { outcome: "updated" } : verb === "suggest" ? [] : { outcome: "acked" } };
  };
  const view = { id: `V${turn}`, hash: `${turn}`, state: { values: options.values ?? {} }, ...payload, blocks: named(payload?.blocks) };
  if (where === "modal") return html`<${Modal} user=${user} stack=${[...(options.below ?? []), view]} gesture=${gesture} />`;
  if (where === "home") return html`<${HomeTab} user=${user} view=${view} gesture=${gesture} />`;
  if (!payload?.blocks) return html`<${MessageText} text=${payload?.text ?? ""} />`;
  const onAct = async (block, element, value) => { say("act", names(block, element), value ?? null); return options.answers?.act; };
  const onChange = (block, element, value) => say("change", names(block, element), value);
  return html`<${Blocks} where="message" blocks=${view.blocks} values=${options.values} errors=${options.errors} disabled=${options.disabled}
    onAct=${onAct} onChange=${onChange} />`;
}

const names = (block, element) => `${block.block_id}/${element.action_id}`;

/** Slack names what came without a name. */
function named(blocks) {
  if (!Array.isArray(blocks)) return [];
  const one = (element, id) => (element && typeof element === "object" ? { ...element, action_id: element.action_id ?? id } : element);
  return blocks.map((block, at) => (block && typeof block === "object" ? {
    ...block,
    block_id: block.block_id ?? `b${at}`,
    ...(block.type === "actions" && Array.isArray(block.elements) && { elements: block.elements.map((element, nth) => one(element, `a${at}.${nth}`)) }),
    ...(block.element && { element: one(block.element, `a${at}`) }),
    ...(block.accessory && { accessory: one(block.accessory, `a${at}`) }),
  } : block));
}

function Log({ lines }) {
  const list = useRef(null);
  useEffect(() => { list.current.scrollTop = list.current.scrollHeight; }, [lines]);
  return html`<ol ref=${list} class="pv-log" aria-label="What the app would hear" aria-live="polite">
    ${lines.map((line, at) => html`<li key=${at}>${line}</li>`)}</ol>`;
}

const root = document.getElementById("root");
root.replaceChildren();
start();
render(html`<${Preview} />`, root);

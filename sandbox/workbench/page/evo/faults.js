// What can be made to go wrong on either side, in plain words, and what is wrong right now.
import { html, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { useCollection, useItem } from "../store.js";
import { say } from "../toast.js";

const EVO_KINDS = [
  ["Answers slowly (5 s)", { kind: "slow", seconds: 5 }],
  ["Refuses: too many requests (429)", { kind: "429", seconds: 1 }],
  ["Server error (503)", { kind: "503" }],
  ["Cuts the line before it acts", { kind: "cut_before" }],
  ["Cuts the line after it acted", { kind: "cut_after" }, "the nasty one: it happened, and nobody is told"],
  ["Never answers", { kind: "hang", seconds: 600 }],
  ["Is down", { kind: "down" }, "for every request, until switched off"],
];
const OPERATIONS = ["*",
  "SendMessage", "NewSession", "InviteChatMember", "DeleteChatMember", "EndSession", "PatchSession",
  "GetChatTranscript", "GetSession", "ListSessions", "GetMyContacts", "GetAuthStatus", "Authenticate"];
const METHODS = ["*",
  "chat.postMessage", "chat.update", "chat.postEphemeral", "reactions.add", "reactions.remove", "views.open",
  "conversations.replies", "users.info"];
const SLACK_KINDS = [
  ["Rate limited", { fault: "ratelimited", retry_after: 3 }],
  ["Server error (503)", { fault: "http_503" }],
  ["Cuts the line before it acts", { fault: "cut_before" }],
  ["Cuts the line after it acted", { fault: "cut_after" }, "the nasty one: it happened, and nobody is told"],
];
const DELIVERIES = [
  ["Brings every event three times", "duplicates", 2, 0],
  ["Mixes up the order for a second", "shuffle_seconds", 1, 0],
  ["Loses our acknowledgements", "drop_acks", -1, 0],
];
const LIMITS = [["off", "none"], ["normal", "as Slack's"], ["harsh", "harsh, no bursts"]];
const QUIET = { duplicates: 0, shuffle_seconds: 0, drop_acks: 0, mention_first: false };

const wordsFor = (kinds, name, kind) => kinds.find(([, fault]) => fault[name] === kind)?.[0] ?? kind;
const where = (operation) => (operation === "*" ? "everything" : operation);

/** Of both sides, how many things are wrong on purpose now. */
export function useFaultCount() {
  const { delivery, calls } = useSlackFaults();
  return useCollection("evo.faults").size + calls.length + DELIVERIES.filter(([, name]) => delivery[name]).length;
}

/** Orders that are used up stay in Slack's list; they are over. */
function useSlackFaults() {
  const state = useItem("slack.state", "state");
  const calls = (state?.faults ?? []).filter((fault) => fault.times !== 0);
  return { state, delivery: state?.delivery ?? QUIET, calls };
}

export function Faults() {
  const count = useFaultCount();
  const allWell = async () => { await Promise.all([act("evo", "clear_faults"), act("slack", "clear_faults")]); };
  return html`<header class="ev-panel-head"><h3>What goes wrong</h3>
      <p role="status" class="ev-quiet">${count ? `${count} on` : "Everything works."}</p>
      <button class="button" onClick=${allWell}>Everything works again</button></header>
    <${EvoFaults} /><${SlackFaults} />`;
}

function EvoFaults() {
  const faults = [...useCollection("evo.faults").values()];
  const set = (fault, operation, lasting) => act("evo", "fault", fault.kind === "down" ? fault
    : { ...fault, operation, times: lasting ? null : 1 });
  return html`<section aria-label="Evo Voice goes wrong" class="ev-side"><h4>Evo Voice</h4>
    <${Choice} kinds=${EVO_KINDS} targets=${OPERATIONS} what="request" set=${set} />
    <${On} faults=${faults.map(({ kind, operation, times }) => [wordsFor(EVO_KINDS, "kind", kind), operation, times])}
      remove=${(n) => removeEvo(faults, n)} />
    <p><button class="button" onClick=${() => act("evo", "expire_sign_ins")}>Our sign-ins expire now</button></p>
  </section>`;
}

/** The stand-in clears an operation's faults together; the others of that operation are set again. */
async function removeEvo(faults, n) {
  const { operation } = faults[n];
  await act("evo", "clear_faults", { operation });
  const rest = faults.filter((fault, i) => i !== n && fault.operation === operation);
  for (const fault of rest) await act("evo", "fault", fault);
}

function SlackFaults() {
  const { state, delivery, calls } = useSlackFaults();
  const set = (fault, method, lasting) => act("slack", "fault", { ...fault, method, times: lasting ? -1 : 1 });
  return html`<section aria-label="Slack goes wrong" class="ev-side"><h4>Slack</h4>
    ${DELIVERIES.map(([words, name, on, off]) => html`<${Switch} key=${name} on=${Boolean(delivery[name])}
      set=${(wanted) => act("slack", "delivery_faults", { [name]: wanted ? on : off })}>${words}<//>`)}
    <h5>Its Web API</h5>
    <${Choice} kinds=${SLACK_KINDS} targets=${METHODS} what="method" set=${set} />
    <${On} faults=${calls.map(({ fault, method, times }) => [wordsFor(SLACK_KINDS, "fault", fault), method, times])}
      remove=${(n) => removeSlack(calls, n, delivery)} />
    <${RateLimits} />
    <p><button class="button" onClick=${() => act("slack", "drop_sockets")}>Drop the socket now</button>
      <span class="ev-quiet"> ${state && `${state.connections} open, ${state.pending} events on their way`}</span></p>
  </section>`;
}

/** Slack's board is cleared as a whole; what is to stay is set again. */
async function removeSlack(calls, n, delivery) {
  await act("slack", "clear_faults");
  await act("slack", "delivery_faults", delivery);
  for (const [i, fault] of calls.entries()) if (i !== n) await act("slack", "fault", fault);
}

function Choice({ kinds, targets, what, set }) {
  const [target, aim] = useState("*");
  const [lasting, last] = useState(false);
  const words = (name) => (name === "*" ? `every ${what}` : name);
  return html`<div class="ev-line">
    <select aria-label=${`Which ${what}`} value=${target} onChange=${(event) => aim(event.target.value)}>
      ${targets.map((name) => html`<option key=${name} value=${name}>${words(name)}</option>`)}</select>
    <select aria-label="How long" value=${lasting ? "on" : "once"}
      onChange=${(event) => last(event.target.value === "on")}>
      <option value="once">next time only</option><option value="on">until switched off</option></select></div>
    <div class="ev-kinds">${kinds.map(([name, fault, more]) => html`<button class="button" key=${name} title=${more}
      onClick=${() => set(fault, target, lasting)}>${name}</button>`)}</div>`;
}

function On({ faults, remove }) {
  if (!faults.length) return null;
  return html`<ul class="ev-on" aria-label="On now">${faults.map(([what, at, times], n) => html`<li key=${n}>
    <span>⚠ <b>${what}</b> · ${where(at)} · ${howLong(times)}</span>
    <button class="button" aria-label=${`Remove: ${what}, ${where(at)}`} onClick=${() => remove(n)}>Remove</button>
  </li>`)}</ul>`;
}

function howLong(times) {
  if (times === null || times < 0) return "until switched off";
  return times === 1 ? "next time only" : `the next ${times} times`;
}

/** Shows what is, not what was clicked: it moves when the stand-in says so. */
function Switch({ on, set, children }) {
  const change = ({ target }) => {
    const wanted = target.checked;
    target.checked = on;
    set(wanted);
  };
  return html`<label class="ev-switch"><input type="checkbox" role="switch" checked=${on} onChange=${change} />
    <span>${children}</span></label>`;
}

/** The stand-in does not tell which are in force, so these are buttons and not a choice. */
function RateLimits() {
  const set = async (strictness, words) => {
    if ((await act("slack", "limits", { strictness })).ok) say(`Rate limits: ${words}.`);
  };
  return html`<div class="ev-line" role="group" aria-label="Rate limits"><span>Rate limits</span>
    ${LIMITS.map(([strictness, words]) => html`<button class="button" key=${strictness}
      onClick=${() => set(strictness, words)}>${words}</button>`)}
  </div>`;
}

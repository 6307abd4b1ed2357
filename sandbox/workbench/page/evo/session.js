// One session: who is in it, what was said, and everything the people at Evo Voice can do in it.
import { html, useMemo, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { go } from "../here.js";
import { useCollection } from "../store.js";
import { say } from "../toast.js";
import { Composer } from "./composer.js";
import { Copy } from "./copy.js";
import { CALL_STATES, cardOf, channelOf, exactly, hasEnded, identityOf, kindOf, nameOf, stateOf } from "./model.js";
import { Transcript } from "./transcript.js";

export function Session({ row }) {
  const { session, lines } = row;
  const people = useCollection("evo.people");
  return html`<article class="ev-session" aria-label=${nameOf(session)}>
    <${Head} session=${session} />
    <div class="ev-more"><${Members} session=${session} people=${people} /><${Details} session=${session} /></div>
    <${Transcript} session=${session} lines=${lines} people=${people} />
    ${hasEnded(session)
      ? html`<p class="ev-over">This session has ended. Nothing more can be said in it.</p>`
      : html`<${Composer} session=${session} people=${people} />`}
  </article>`;
}

function Head({ session }) {
  const [sign, word] = channelOf(session);
  return html`<header class="ev-head">
    <div class="ev-heading"><h3 class="ev-name ev-cut" title=${nameOf(session)}>${nameOf(session)}</h3>
      <p class="ev-state ev-cut">${sign} ${word} · ${stateOf(session)}</p></div>
    <${ShowInSlack} session=${session} />
    ${!hasEnded(session) && html`<${End} session=${session} />`}
  </header>`;
}

function ShowInSlack({ session }) {
  const messages = useCollection("slack.messages");
  const card = useMemo(() => cardOf(session.id, messages), [session.id, messages]);
  if (!card) return null;
  return html`<button class="button" onClick=${() => go({ ...card, tab: "slack" })}>Show in Slack</button>`;
}

function End({ session }) {
  const dialog = useRef();
  const end = () => { dialog.current.close(); act("evo", "end", { session_id: session.id }); };
  return html`<button class="button ev-stop" onClick=${() => dialog.current.showModal()}>End session</button>
    <dialog class="ev-dialog" ref=${dialog} aria-label="End the session?">
      <p>End <b>${nameOf(session)}</b> from the customers' side? Nobody can write in it afterwards.</p>
      <p class="ev-buttons"><button class="button" onClick=${() => dialog.current.close()}>Keep it</button>
        <button class="button ev-stop" onClick=${end}>End it</button></p>
    </dialog>`;
}

function Details({ session }) {
  return html`<details class="ev-details" name="ev-more"><summary>Details</summary>
    <dl>
      <dt>Id</dt><dd><code>${session.id}</code> <${Copy} text=${session.id} what="the id" /></dd>
      <dt>Opened</dt><dd>${exactly(session.created)} by ${session.info.createdBy}</dd>
      <dt>Changed</dt><dd>${exactly(session.modified)}</dd>
      ${session.completed !== null && html`<dt>Ended</dt><dd>${exactly(session.completed)}</dd>`}
      ${session.info.channel === "Voice" && !hasEnded(session)
        && html`<dt>Call</dt><dd><${CallState} session=${session} /></dd>`}
    </dl>
    <details><summary>Log (${session.log.length})</summary>
      <ol class="ev-log">${session.log.map((line, n) => html`<li key=${n}>${line}</li>`)}</ol></details>
  </details>`;
}

function CallState({ session }) {
  const set = (event) => act("evo", "change_state", { session_id: session.id, callState: event.target.value });
  const now = session.info.callState;
  const states = [...new Set([now, ...CALL_STATES])];
  return html`<select aria-label="Call state" value=${now} onChange=${set}>
    ${states.map((state) => html`<option key=${state} value=${state}>${state}</option>`)}</select>`;
}

function Members({ session, people }) {
  const open = !hasEnded(session);
  const count = session.members.length;
  return html`<details class="ev-members" name="ev-more">
    <summary>${count} ${count === 1 ? "member" : "members"}: <span class="ev-cut">${names(session)}</span></summary>
    <ul>${session.members.map((member) => html`<${Member} key=${member.identity} session=${session} member=${member}
      people=${people} open=${open} />`)}</ul>
    ${open && html`<${LetIn} session=${session} people=${people} />`}
  </details>`;
}

const names = (session) => session.members.map((member) => member.displayName).join(", ");

function Member({ session, member, people, open }) {
  const [sign, word] = kindOf(member, people);
  const { identity, displayName } = member;
  const leave = () => act("evo", "leave", { session_id: session.id, identity });
  return html`<li><span class="ev-cut" title=${identity}>${sign} ${displayName}
      ${displayName !== identity && html` <span class="ev-quiet">${identity}</span>`}</span>
    <span class="ev-quiet">${word}</span>
    ${open && html`<button class="button" aria-label=${`${displayName} leaves`} onClick=${leave}>Leaves</button>`}
  </li>`;
}

function LetIn({ session, people }) {
  const [typed, type] = useState("");
  const inside = new Set(session.members.map((member) => member.identity.toLowerCase()));
  const known = [...people.values()].filter((one) => one.kind === "user" || (one.kind === "number" && !one.ours))
    .map((one) => [one.email ?? one.number, one.name]).filter(([identity]) => !inside.has(identity.toLowerCase()));
  const join = async (event) => {
    event.preventDefault();
    const identity = identityOf(typed);
    if (inside.has(identity.toLowerCase())) return say(`${identity} is in already.`);
    type("");
    if (!(await act("evo", "join", { session_id: session.id, identity })).ok) type((now) => now || typed);
    return undefined;
  };
  return html`<form class="ev-line" onSubmit=${join}>
    <input list="ev-known" required value=${typed} placeholder="E-mail, or number with +" aria-label="Who comes in"
      autocomplete="off" onInput=${(event) => type(event.target.value)} />
    <datalist id="ev-known">${known.map(([identity, name]) => html`
      <option key=${identity} value=${identity}>${name}</option>`)}</datalist>
    <button class="button">Let in</button></form>`;
}

// What the customers see: their sessions, one of them open, and what can be made to go wrong.
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../vendor/ui.js";
import { go, useHere } from "../here.js";
import { useCollection } from "../store.js";
import { Faults, useFaultCount } from "./faults.js";
import { loose, nameOf, newest, overview } from "./model.js";
import { Session } from "./session.js";
import { SessionList } from "./sessions.js";
import { TextUs } from "./textus.js";

export function EvoPane() {
  const sessions = useCollection("evo.sessions");
  const messages = useCollection("evo.messages");
  const rows = useMemo(() => overview(sessions, messages), [sessions, messages]);
  const texts = useMemo(() => loose(messages), [messages]);
  const [panel, open] = useState("");
  const { row, hint, choose, dismiss } = useChosen(rows);
  const shut = () => open("");
  const pick = useCallback((id) => { choose(id); shut(); }, []);
  return html`<div class="ev" onKeyDown=${(event) => event.key === "Escape" && panel && shut()}>
    <${Bar} panel=${panel} open=${open} count=${rows.length} />
    ${hint && html`<${Hint} session=${hint.session} choose=${pick} dismiss=${dismiss} />`}
    <div class="ev-body" data-list=${panel === "list" ? "open" : "folded"}>
      <nav class="ev-list" id="ev-list" aria-label="Sessions">
        <${SessionList} rows=${rows} texts=${texts} chosen=${row?.session.id} choose=${pick} />
      </nav>
      ${row ? html`<${Session} key=${row.session.id} row=${row} />` : html`<${Empty} />`}
      ${panel === "text" && html`<${Panel} id="ev-text" name="A phone texts our number"><${TextUs} done=${shut} /><//>`}
      ${panel === "faults" && html`<${Panel} id="ev-faults" name="What goes wrong"><${Faults} /><//>`}
    </div>
  </div>`;
}

function Bar({ panel, open, count }) {
  const wrong = useFaultCount();
  const toggle = (name) => () => open(panel === name ? "" : name);
  const button = (name, label, extra = "") => html`<button class=${`ev-tool ${extra}`} aria-expanded=${panel === name}
    aria-controls=${`ev-${name}`} onClick=${toggle(name)}>${label}</button>`;
  return html`<header class="ev-bar">
    <h2 class="ev-title">Evo Voice <span class="ev-sub">what the customers see</span></h2>
    ${button("list", html`☰ Sessions <span class="ev-count">${count}</span>`, "ev-tool-list")}
    ${button("text", "Text us")}
    ${button("faults", html`Faults ${wrong > 0 && html`<span class="ev-badge">${wrong} on</span>`}`)}
  </header>`;
}

function Panel({ id, name, children }) {
  const box = useRef();
  useEffect(() => box.current.focus(), []);
  return html`<section class="ev-panel" id=${id} aria-label=${name} tabindex="-1" ref=${box}>${children}</section>`;
}

function Hint({ session, choose, dismiss }) {
  return html`<p class="ev-hint" role="status">New session: <b class="ev-cut">${nameOf(session)}</b>
    <button class="button" onClick=${() => choose(session.id)}>Open it</button>
    <button class="icon-button" aria-label="Stay here" onClick=${dismiss}>×</button></p>`;
}

function Empty() {
  return html`<div class="ev-empty"><p class="ev-empty-sign" aria-hidden="true">💬</p>
    <p><b>No session yet.</b> Type <code>/session</code> in Slack.</p></div>`;
}

/** The newest session until somebody chooses; from then on that one, and a hint when a newer one opens. */
function useChosen(rows) {
  const { session: wanted } = useHere();
  const [seen, see] = useState(null); // when the newest one had opened that whoever chose could see
  const latest = newest(rows);
  const chosen = rows.find((row) => row.session.id === wanted) ?? null;
  const opened = useRef(0);
  opened.current = latest?.session.created ?? 0;
  useEffect(() => { if (chosen && seen === null) see(opened.current); }, [chosen, seen]);
  const dismiss = useCallback(() => see(opened.current), []);
  const choose = useCallback((id) => { dismiss(); go({ session: id }); }, []);
  const newer = chosen && seen !== null && latest.session.created > seen;
  return { row: chosen ?? latest, hint: newer ? latest : null, choose, dismiss };
}

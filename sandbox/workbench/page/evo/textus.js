// A text message from any phone to one of our numbers.
import { html, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { useCollection } from "../store.js";
import { say } from "../toast.js";
import { identityOf, isPhone } from "./model.js";

const SOME_PHONE = "+12025550177";
let draft = { from: SOME_PHONE, to: "", body: "" };

export function TextUs({ done }) {
  const numbers = [...useCollection("evo.people").values()].filter((one) => one.kind === "number" && one.ours);
  const [form, set] = useState(draft);
  const change = (name) => (event) => { draft = { ...draft, [name]: event.target.value }; set(draft); };
  const to = form.to || numbers[0]?.number || "";
  const send = async (event) => {
    event.preventDefault();
    const sender = identityOf(form.from);
    if (!isPhone(sender)) return say("A phone's number begins with + and its country.");
    const answer = await act("evo", "text", { sender, to, body: form.body });
    if (!answer.ok) return undefined;
    draft = { ...draft, body: "" };
    if (!answer.result?.session_id) say(`${sender} is in no session: its text stands alone, below the sessions.`);
    return done();
  };
  return html`<h3>A phone texts our number</h3>
    <p class="ev-quiet">It joins the live session that this phone is in; else it stands alone.</p>
    <form class="ev-form" onSubmit=${send}>
      <label>From <input type="tel" required value=${form.from} onInput=${change("from")} /></label>
      <label>To <select aria-label="To" value=${to} onChange=${change("to")}>
        ${numbers.map(({ name, number }) => html`<option key=${number} value=${number}>${name} · ${number}</option>`)}
      </select></label>
      <label>Text <textarea required rows="2" value=${form.body} onInput=${change("body")}></textarea></label>
      <p class="ev-buttons"><button type="button" class="button" onClick=${done}>Cancel</button>
        <button class="button ev-send">Send text</button></p>
    </form>`;
}

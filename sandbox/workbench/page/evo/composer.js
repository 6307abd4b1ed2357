// Speak as one of the people in the session.
import { html, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { PICTURE, remember } from "./picture.js";

const drafts = new Map(); // by session: what is being written, and as whom; lives as long as the page
const draftOf = (id) => drafts.get(id) ?? { text: "", as: "" };

export function Composer({ session }) {
  const [draft, set] = useState(() => draftOf(session.id));
  const [busy, work] = useState(false);
  const box = useRef();
  const change = (some) => {
    const next = { ...draftOf(session.id), ...some };
    drafts.set(session.id, next);
    set(next);
  };
  const voices = voicesOf(session);
  const sender = voices.some((one) => one.identity === draft.as) ? draft.as : voices[0]?.identity;
  const send = async (media) => {
    if (busy || !sender || !(media || draft.text.trim())) return;
    const { text } = draft;
    work(true);
    change({ text: "" });
    const done = await (media ? sendPicture : sendText)(session.id, sender, text);
    if (!done) change({ text: draftOf(session.id).text || text });
    work(false);
    box.current?.focus();
  };
  const key = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(false);
  };
  if (!sender) return html`<p class="ev-over">Nobody is left who could speak. Let somebody in.</p>`;
  const submit = (event) => { event.preventDefault(); send(false); };
  return html`<form class="ev-composer" aria-label="Say something" onSubmit=${submit}>
    <label class="ev-as">as <select value=${sender} aria-label="Speak as"
      onChange=${(event) => change({ as: event.target.value })}>${voices.map((one) => html`
        <option key=${one.identity} value=${one.identity}>${one.label}</option>`)}</select></label>
    <button type="button" class="button ev-attach" aria-label="Send a pretend picture" title="Send a pretend picture"
      disabled=${busy} onClick=${() => send(true)}>🖼</button>
    <textarea rows="1" ref=${box} value=${draft.text} aria-label="What they say" placeholder="What they say"
      onInput=${(event) => change({ text: event.target.value })} onKeyDown=${key}></textarea>
    <button class="button ev-send" disabled=${busy || !draft.text.trim()}>Send</button>
  </form>`;
}

/** Whoever may speak: members and the addresses at either end; our own login comes last. */
function voicesOf({ info, members }) {
  const names = new Map(members.map((one) => [one.identity, one.displayName]));
  for (const end of [info.toAddress, info.destination]) if (end && !names.has(end)) names.set(end, end);
  const voices = [...names].map(([identity, name]) => ({ identity, ours: identity === info.createdBy,
    label: name === identity ? identity : `${name} · ${identity}` }));
  for (const one of voices) if (one.ours) one.label += " (our own login)";
  return voices.sort((one, other) => one.ours - other.ours);
}

async function sendText(session_id, sender, body) {
  return (await act("evo", "hear", { session_id, sender, body })).ok;
}

async function sendPicture(session_id, sender, body) {
  const kept = await act("evo", "put_media", PICTURE);
  if (!kept.ok) return false;
  remember(kept.result);
  const media = { media_uri: kept.result, media_type: PICTURE.media_type };
  return (await act("evo", "hear", { session_id, sender, body, ...media })).ok;
}

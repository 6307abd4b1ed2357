// The list of sessions: the liveliest first, ended ones folded.
import { html, memo, useMemo, useState } from "../vendor/ui.js";
import { channelOf, exactly, hasEnded, nameOf, stateOf, when } from "./model.js";

const MANY = 8;

export const SessionList = memo(({ rows, texts, chosen, choose }) => {
  const [words, search] = useState("");
  const found = useMemo(() => rows.filter((row) => fits(row, words)), [rows, words]);
  const live = found.filter((row) => !hasEnded(row.session));
  const ended = found.filter((row) => hasEnded(row.session));
  const list = (some) => html`<ul class="ev-rows">${some.map((row) => html`<${Item} key=${row.session.id} row=${row}
    at=${row.active} last=${row.last} session=${row.session} chosen=${row.session.id === chosen}
    choose=${choose} />`)}</ul>`;
  return html`
    ${rows.length > MANY && html`<input class="ev-search" type="search"
      placeholder="Search sessions" aria-label="Search sessions" value=${words}
      onInput=${(event) => search(event.target.value)} />`}
    ${live.length > 0 && list(live)}
    ${rows.length > 0 && live.length === 0
      && html`<p class="ev-none">${words ? "No active one fits." : "None is active."}</p>`}
    ${ended.length > 0 && html`<details class="ev-ended" open=${Boolean(words) || live.length === 0}>
      <summary>Ended (${ended.length})</summary>${list(ended)}</details>`}
    ${texts.length > 0 && html`<${Loose} texts=${texts} />`}
    ${rows.length === 0 && html`<p class="ev-none">No session yet.</p>`}`;
});

const Item = memo(({ session, last, at, chosen, choose }) => {
  const [sign, word] = channelOf(session);
  const count = session.members.length;
  const what = `${sign} ${word} · ${stateOf(session)} · ${count} ${count === 1 ? "member" : "members"}`;
  const open = () => choose(session.id);
  return html`<li><button class="ev-row" aria-current=${chosen ? "true" : undefined} onClick=${open}>
    <span class="ev-row-name ev-cut">${nameOf(session)}</span>
    <time class="ev-row-time" title=${exactly(at)}>${when(at)}</time>
    <span class="ev-row-what">${what}</span>
    <span class="ev-row-last ev-cut">${last ? last.body || "(a picture or file)" : "Nothing said yet"}</span>
  </button></li>`;
}, same);

/** Rows are built anew with every message; only what is shown decides. */
function same(one, other) {
  return ["session", "last", "at", "chosen", "choose"].every((name) => one[name] === other[name]);
}

/** A text to one of our numbers by somebody who is in no session stands alone. */
function Loose({ texts }) {
  return html`<details class="ev-ended"><summary>Texts without a session (${texts.length})</summary>
    <ul class="ev-rows">${texts.map((text) => html`<li key=${text.number} class="ev-loose">
      <b>${text.sender}</b> <time title=${exactly(text.at)}>${when(text.at)}</time><br />${text.body}</li>`)}</ul>
  </details>`;
}

function fits({ session, last }, words) {
  const members = session.members.map((member) => `${member.displayName} ${member.identity}`).join(" ");
  const text = `${nameOf(session)} ${session.id} ${members} ${last?.body ?? ""}`.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

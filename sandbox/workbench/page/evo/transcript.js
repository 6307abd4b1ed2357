// What was said, as on a phone: ours on the right, the others on the left.
import { html, memo, useLayoutEffect, useRef, useState } from "../vendor/ui.js";
import { clock, day, exactly, isOurFile, speaker } from "./model.js";
import { pictureAt } from "./picture.js";

const NEAR = 40; // pixels from the end that still count as "at the end"

export const Transcript = memo(({ session, lines, people }) => {
  const { box, behind, toEnd, onScroll } = useEnd(lines.at(-1)?.number);
  return html`<div class="ev-talk">
    <div class="ev-scroll" role="log" aria-label="Transcript" tabindex="0" ref=${box} onScroll=${onScroll}>
      ${lines.length === 0 && html`<p class="ev-none">Nothing has been said yet.</p>`}
      <ol class="ev-lines">${lines.map((line, n) => html`<${Line} key=${line.number} line=${line}
        name=${speaker(line.sender, session, people)} again=${goesOn(lines[n - 1], line)}
        date=${newDay(lines[n - 1], line)} />`)}</ol>
    </div>
    ${behind && html`<button class="button ev-to-end" onClick=${toEnd}>New messages ↓</button>`}
  </div>`;
});

/** Stays at the end as long as whoever reads is there. */
function useEnd(last) {
  const box = useRef();
  const there = useRef(true);
  const top = useRef(0);
  const [behind, set] = useState(false);
  const toEnd = () => { box.current.scrollTop = box.current.scrollHeight; there.current = true; set(false); };
  const onScroll = ({ target }) => {
    const up = target.scrollTop < top.current; // else it may only have grown
    top.current = target.scrollTop;
    if (target.scrollHeight - target.scrollTop - target.clientHeight < NEAR) { there.current = true; set(false); }
    else if (up) there.current = false;
  };
  useLayoutEffect(() => { if (there.current) toEnd(); else set(true); }, [last]);
  useLayoutEffect(() => { // an ordinary effect is taken back only after the box has gone
    const grown = new ResizeObserver(() => there.current && toEnd()); // the pane, or a tab that was hidden until now
    for (const one of [box.current, box.current.lastElementChild]) grown.observe(one); // a picture comes late
    return () => grown.disconnect();
  }, []);
  return { box, behind, toEnd, onScroll };
}

const Line = memo(({ line, name, again, date }) => {
  const ours = line.direction === "Outgoing";
  return html`${date && html`<li class="ev-day" aria-hidden="true">${date}</li>`}
    <li class="ev-bubble" data-ours=${ours} data-again=${again}>
      ${!again && html`<span class="ev-who">${name}${ours && html` <span class="ev-quiet">(our side)</span>`}</span>`}
      ${line.body && html`<span class="ev-said">${line.body}</span>`}
      ${line.media_uri !== null && html`<${Media} uri=${line.media_uri} type=${line.media_type} />`}
      ${!line.body && line.media_uri === null && html`<span class="ev-quiet">(empty)</span>`}
      <time title=${exactly(line.at)}>${clock(line.at)}</time>
    </li>`;
});

/** Only the stand-in's own files are linked; any other address is mere letters. */
function Media({ uri, type }) {
  const what = `📎 ${type ?? "file"}`;
  if (!isOurFile(uri)) return html`<span class="ev-file">${what}: <code>${uri}</code></span>`;
  const picture = pictureAt(uri);
  return html`<a class="ev-file" href=${uri} target="_blank" rel="noopener noreferrer">
    ${picture ? html`<img class="ev-picture" width="96" height="64" src=${picture}
      alt="A picture of two hills and the sun" />` : what}</a>`;
}

function goesOn(before, line) {
  return before?.sender === line.sender && before.direction === line.direction && !newDay(before, line);
}

function newDay(before, line) {
  const date = day(line.at);
  return before && day(before.at) === date ? "" : date;
}

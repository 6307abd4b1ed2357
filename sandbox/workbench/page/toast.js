// Short words that go away by themselves; read out by screen readers.
import { html, useEffect, useState } from "./vendor/ui.js";

const STAYS_MS = 7000;
let shown = [];
let next = 0;
let draw = () => {};

export function say(text) {
  const one = { id: ++next, text: String(text) };
  change([...shown.slice(-3), one]);
  setTimeout(() => change(shown.filter((other) => other.id !== one.id)), STAYS_MS);
}

function change(list) { shown = list; draw(list); }

export function Toasts() {
  const [list, set] = useState(shown);
  useEffect(() => { draw = set; set(shown); return () => { draw = () => {}; }; }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${list.map((one) => html`<p key=${one.id} class="toast">${one.text}
      <button class="toast-close" aria-label="Dismiss" onClick=${() => change(shown.filter((o) => o.id !== one.id))}>×</button></p>`)}
  </div>`;
}

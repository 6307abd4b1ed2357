// Small line drawings; always beside a text or inside a button that has a name.
import { html } from "../vendor/ui.js";

const PATHS = {
  hash: "M6 2.5 4.5 13.5M11.5 2.5 10 13.5M2.5 5.5h11M2.5 10.5h11",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  people: "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4"
    + "M11 3.3a2.3 2.3 0 0 1 0 4.4M12.5 9.9c1.3.600 2 1.9 2 3.6",
  plus: "M8 3v10M3 8h10",
  smile: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.5 9.5a3 3 0 0 0 5 0M6 6.2v.600M10 6.2v.600",
  reply: "M13.5 3h-11v8h3v2.5L8.5 11h5z",
  more: "M8 3.2v.100M8 8v.100M8 12.8v.100",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  at: "M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm0 0v1a1.8 1.8 0 0 0 3.5 0V8a6 6 0 1 0-2.4 4.8",
  send: "M2 2.5 14.5 8 2 13.5 4 8zM4 8h5",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"
    + "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  down: "M4 6l4 4 4-4",
  arrow: "M8 3v10M4 9l4 4 4-4",
  bin: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.500 9h6l.500-9",
  file: "M4 1.5h5.5L12.5 4.5v10h-8.5zM9.5 1.5v3h3",
  shared: "M5.5 10.5a3.5 3.5 0 1 1 5-3M10.5 5.5a3.5 3.5 0 1 1-5 3",
  home: "M2.5 7.5 8 2.5l5.5 5M4 6.5v7h8v-7",
};

export const Icon = ({ name, size = 16 }) => html`<svg class="sl-icon" width=${size} height=${size} viewBox="0 0 16 16"
  fill="none" stroke="currentColor" stroke-width=${name === "more" ? 2.4 : 1.4} stroke-linecap="round"
    stroke-linejoin="round"
  aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

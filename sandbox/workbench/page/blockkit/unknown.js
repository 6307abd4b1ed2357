// What we cannot draw is said, never skipped.
import { html } from "../vendor/ui.js";

export function Unknown({ what, json, inline = false }) {
  const name = `Unknown ${what}: ${json?.type ?? JSON.stringify(json)}`;
  if (inline) return html`<span class="bk-error bk-error-inline" role="note">${name}</span>`;
  return html`<div class="bk-error" role="note">
    <strong>${name}</strong>
    <details><summary>JSON</summary><pre class="bk-error-json">${JSON.stringify(json, null, 2)}</pre></details>
  </div>`;
}

// A question before something that cannot be taken back.
import { html, useEffect, useRef } from "../vendor/ui.js";

export function Ask({ title, yes, danger, onYes, onNo, children }) {
  const box = useRef(null);
  useEffect(() => { box.current.showModal(); }, []);
  return html`<dialog ref=${box} class="sl-ask" aria-label=${title} onClose=${onNo}
    onKeyDown=${(event) => event.stopPropagation()}>
    <h2>${title}</h2>${children}
    <div class="sl-ask-buttons">
      <button type="button" class="sl-button" onClick=${onNo}>Cancel</button>
      <button type="button" class="sl-button ${danger ? "sl-button-stop" : "sl-button-go"}"
        onClick=${onYes}>${yes}</button>
    </div></dialog>`;
}

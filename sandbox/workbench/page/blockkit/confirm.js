// "Are you sure?": the confirm object of an element.
import { html, render, useRef } from "../vendor/ui.js";
import { STAGE, keepInside, useCurtain } from "./curtain.js";
import { TextObject } from "./words.js";

/** Asks over the pane in which `near` stands; resolves to whether they said yes. */
export function ask(confirm, near) {
  const host = document.createElement("div");
  host.className = "bk-over";
  (near?.closest(STAGE) ?? document.body).append(host);
  return new Promise((resolve) => {
    const done = (yes) => {
      render(null, host);
      host.remove();
      resolve(yes);
    };
    render(html`<${Confirm} confirm=${confirm} done=${done} />`, host);
  });
}

function Confirm({ confirm, done }) {
  const root = useRef(null);
  useCurtain(root, (own) => own.querySelector(".bk-confirm-yes").focus());
  const onKeyDown = (event) => {
    keepInside(event);
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    done(false);
  };
  const yes = confirm.style === "danger" ? "bk-danger" : "bk-primary";
  return html`<div class="bk-curtain" ref=${root} onKeyDown=${onKeyDown}>
    <dialog open class="bk-dialog bk-confirm" role="alertdialog" aria-labelledby="bk-confirm-title" aria-describedby="bk-confirm-text">
      <header class="bk-dialog-head"><h2 class="bk-dialog-title" id="bk-confirm-title"><${TextObject} object=${confirm.title} /></h2>
        <button type="button" class="bk-close" aria-label="Close" onClick=${() => done(false)}>×</button></header>
      <div class="bk-dialog-body bk-text" id="bk-confirm-text"><${TextObject} object=${confirm.text} /></div>
      <footer class="bk-dialog-foot">
        <button type="button" class="bk-button bk-large" onClick=${() => done(false)}><${TextObject} object=${confirm.deny} /></button>
        <button type="button" class=${`bk-button bk-large ${yes} bk-confirm-yes`} onClick=${() => done(true)}>
          <${TextObject} object=${confirm.confirm} /></button>
      </footer>
    </dialog>
  </div>`;
}

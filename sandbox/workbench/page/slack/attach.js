// Files to go with a message. Only a name, a type and a size: nobody reads what is in them.
import { html, useRef, useState } from "../vendor/ui.js";
import { kindOf, sizeOf } from "./extras.js";
import { Icon } from "./icons.js";
import { MenuItem, Popover } from "./popover.js";

const PRETENDED = [
  { name: "photo.jpg", size: 240_000, mimetype: "image/jpeg" },
  { name: "contract.pdf", size: 1_200_000, mimetype: "application/pdf" },
];
let serial = 0;

/** A file as Slack describes it. */
function fileObject({ name, size, mimetype }, user) {
  const filetype = kindOf(name).toLowerCase();
  serial += 1;
  return {
    id: `F0${Date.now().toString(36).toUpperCase()}${serial}`, name, title: name, mimetype, filetype,
      pretty_type: filetype.toUpperCase(), size, user,
    created: Math.floor(Date.now() / 1000), mode: "hosted", is_external: false, is_public: true,
  };
}

export function AttachMenu({ at, onFile }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const real = useRef(null);
  const take = (file) => { set(false); onFile(fileObject(file, at.me)); };
  const picked = (event) => {
    for (const { name, size, type } of event.currentTarget.files) {
      onFile(fileObject({ name, size, mimetype: type || "application/octet-stream" }, at.me));
    }
    event.currentTarget.value = "";
  };
  return html`<button ref=${button} type="button" class="sl-tool sl-attach" aria-label="Attach a file"
    title="Attach a file" aria-haspopup="menu"
      aria-expanded=${String(open)} onClick=${() => set(!open)}><${Icon} name="plus" /></button>
    <input ref=${real} type="file" multiple hidden onChange=${picked} />
    ${open && html`<${Popover} anchor=${button} role="menu" label="Attach a file" kind="sl-menu"
      onClose=${() => set(false)}>
      <div class="sl-menu-head">Attach a file</div>
      ${PRETENDED.map((one) => html`<${MenuItem} key=${one.name} onClick=${() => take(one)}
        hint=${sizeOf(one.size)}>${one.name}<//>`)}
      <${MenuItem} onClick=${() => { set(false); real.current.click(); }}><span>From this computer…
        <span class="sl-item-sub">Only its name and size are used</span></span><//>
    <//>`}`;
}

export const Chosen = ({ files, onChange }) => html`<ul class="sl-chosen" aria-label="Files to send">
  ${files.map((file) => html`<li key=${file.id} class="sl-chosen-file"><${Icon} name="file" /> <span
    class="sl-file-name">${file.name}</span>
    <span class="sl-file-kind">${sizeOf(file.size)}</span>
    <button type="button" class="sl-x" aria-label="Remove ${file.name}"
      onClick=${() => onChange(files.filter((one) => one !== file))}><${Icon} name="close"
      size=${10} /></button></li>`)}
</ul>`;

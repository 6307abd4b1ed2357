// Files to go with a message. What is in them stays in this page until the message is sent; a draft that outlives a
// reload has their names only, and the stand-in makes up the rest.
import { html, useRef, useState } from "../vendor/ui.js";
import { PICTURE } from "../evo/picture.js";
import { kindOf, sizeOf } from "./extras.js";
import { Icon } from "./icons.js";
import { MenuItem, Popover } from "./popover.js";

const PRETENDED = [
  { name: PICTURE.name, size: atob(PICTURE.base64_data).length, mimetype: PICTURE.media_type,
    content: PICTURE.base64_data },
  { name: "contract.pdf", size: 1_200_000, mimetype: "application/pdf" },
];
const LARGEST = 10_000_000; // bytes; of what is larger the stand-in makes something up
const contents = new Map(); // by the file's id, in base64
let serial = 0;

/** A file as Slack describes it. */
function fileObject({ name, size, mimetype, content }, user) {
  const filetype = kindOf(name).toLowerCase();
  serial += 1;
  const id = `F0${Date.now().toString(36).toUpperCase()}${serial}`;
  if (content) contents.set(id, content);
  return {
    id, name, title: name, mimetype, filetype, pretty_type: filetype.toUpperCase(), size, user,
    created: Math.floor(Date.now() / 1000), mode: "hosted", is_external: false, is_public: true,
  };
}

/** The file as the stand-in takes it: with what is in it, where that is known here. */
export const withContent = (file) => (contents.has(file.id) ? { ...file, content: contents.get(file.id) } : file);

/** Base64, by way of a data address. */
const read = (file) => new Promise((done) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => done("");
  reader.readAsDataURL(file);
});

export function AttachMenu({ at, onFile }) {
  const [open, set] = useState(false);
  const button = useRef(null);
  const real = useRef(null);
  const take = (file) => { set(false); onFile(fileObject(file, at.me)); };
  const picked = async (event) => {
    const files = [...event.currentTarget.files];
    event.currentTarget.value = "";
    for (const file of files) {
      const content = file.size <= LARGEST ? await read(file) : "";
      const { name, size, type } = file;
      onFile(fileObject({ name, size, mimetype: type || "application/octet-stream", content }, at.me));
    }
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
        <span class="sl-item-sub">It goes no further than this machine</span></span><//>
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

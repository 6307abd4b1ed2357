// What comes with a message: files, and attachments such as the preview of a link.
import { html, useState } from "../vendor/ui.js";
import { Blocks, Words } from "./drawn.js";
import { Icon } from "./icons.js";

const UNITS = ["B", "kB", "MB", "GB"];

export function sizeOf(bytes) {
  let size = Number(bytes) || 0;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) { size /= 1000; unit += 1; }
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

export const kindOf = (name) => (/\.([\p{L}\p{N}]{1,8})$/u.exec(name)?.[1] ?? "file").toUpperCase();

const PICTURES = new Set(["image/gif", "image/jpeg", "image/png", "image/webp"]);
const GONE = { tombstone: "This file was deleted.", hidden_by_limit: "This file is hidden by a limit." };

export const Files = ({ files }) => html`<ul class="sl-files" aria-label="Files">
  ${files.map((file, at) => html`<${File} key=${file.id ?? at} file=${file} />`)}
</ul>`;

/** A picture as a picture, under its name; anything else, and a picture that cannot be drawn, as a name. */
function File({ file }) {
  const [broken, setBroken] = useState(false);
  const title = file.title || file.name || file.id;
  if (GONE[file.mode]) return html`<li class="sl-file sl-file-gone">${GONE[file.mode]}</li>`;
  if (PICTURES.has(file.mimetype) && !file.is_external && !broken) {
    return html`<li class="sl-picture"><span class="sl-file-name" title=${file.name}>${title}</span>
      <img src=${`/slack-file/${encodeURIComponent(file.id)}`} alt=${title} loading="lazy"
        onError=${() => setBroken(true)} /></li>`;
  }
  return html`<li class="sl-file"><span class="sl-file-sign"><${Icon} name="file" size=${20} /></span>
    <span class="sl-file-text"><b class="sl-file-name" title=${file.name}>${title}</b>
      <span class="sl-file-kind">${kindOf(file.name ?? "")}${file.size ? ` · ${sizeOf(file.size)}`
        : ""}</span></span></li>`;
}

export const Attachments = ({ list, at, onAct }) => list.map((one, nth) => html`<div key=${one.id ?? nth}
  class="sl-att">
  ${one.pretext && html`<${Words} text=${one.pretext} signs=${at.signs} />`}
  <div class="sl-att-body">
    ${(one.author_name || one.service_name) && html`<div class="sl-att-by">${one.author_name
      || one.service_name}</div>`}
    ${one.title && html`<div class="sl-att-title"><${Link} to=${one.title_link || one.from_url}
      text=${one.title} /></div>`}
    ${one.blocks ? html`<${Blocks} blocks=${one.blocks} onAct=${onAct} />`
      : (one.text || (!one.title && one.fallback)) && html`<${Words} text=${one.text || one.fallback}
        signs=${at.signs} />`}
    ${one.fields?.length > 0 && html`<dl class="sl-att-fields">${one.fields.map((field, nth) => html`<div key=${nth}>
      <dt>${field.title}</dt><dd>${field.value}</dd></div>`)}</dl>`}
    ${(one.footer || one.from_url) && html`<div class="sl-att-foot">${one.footer || one.from_url}</div>`}
  </div></div>`);

const Link = ({ to, text }) => (/^https?:\/\//i.test(to ?? "")
  ? html`<a href=${to} target="_blank" rel="noopener noreferrer">${text}</a>` : html`<b>${text}</b>`);

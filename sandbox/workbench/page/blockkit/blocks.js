// Blocks drawn as Slack draws them, in a message, a modal or the Home tab.
import { html, useState } from "../vendor/ui.js";
import { useHere } from "../here.js";
import { Desk, useDesk, useNewDesk, useUid } from "./desk.js";
import { useDrafts } from "./drafts.js";
import { Element, isGroup } from "./elements.js";
import { RichText } from "./rich.js";
import { safeUrl } from "./text.js";
import { Unknown } from "./unknown.js";
import { elementsOf, keyOf } from "./values.js";
import { TextObject } from "./words.js";

/**
 * `where`: "message", "modal" or "home". `values`: state.values of a view. `errors`: by block_id.
 * `onAct(block, element, value)` for what the app hears of at once, `onChange(block, element, value)` for what waits for
 * the submit, `onLeave(block, element)` when a text field is left; values as the gestures take them. An answer that
 * onAct gives (a promise of {ok, result, error}) is waited for: until then the element takes no second press.
 * `onSuggest(block_id, action_id, query)`: a promise of options; it throws where none came.
 */
export function Blocks(props) {
  const { me } = useHere();
  const own = useDrafts();
  const desk = useNewDesk({ user: me, where: "message", ...props }, props.drafts ?? own);
  return html`<${Desk.Provider} value=${desk}>
    <div class=${`bk-blocks bk-in-${desk.where}`}>
      ${(props.blocks ?? []).map((block, at) => html`<${Safe} key=${block?.block_id ?? at} block=${block}><${Block} block=${block} /><//>`)}
    </div><//>`;
}

/** A block that cannot be drawn does not take the others with it. */
function Safe({ block, children }) {
  const [broken, set] = useState(null);
  this.componentDidCatch = (error) => { console.warn(error); set(block); };
  return broken !== null && broken === block ? html`<${Unknown} what="shape of block" json=${block} />` : children;
}

function Block({ block }) {
  const desk = useDesk();
  const draw = Object.hasOwn(KINDS, block?.type ?? "") ? KINDS[block.type] : null;
  if (!draw) return html`<${Unknown} what="block" json=${block} />`;
  const troubles = elementsOf([block]).map(([, element]) => desk.troubles[keyOf(block, element)]).filter(Boolean);
  return html`<div class=${`bk-block bk-block-${block.type}`} data-block=${block.block_id}>
    <${draw} block=${block} />
    ${troubles.length > 0 && html`<p class="bk-trouble" role="alert">⚠ ${troubles.join(" ")}</p>`}
  </div>`;
}

// --- words ------------------------------------------------------------------------------------------------------------

function Section({ block }) {
  const accessory = block.accessory;
  return html`<div class="bk-section">
    <div class="bk-section-body">
      ${block.text && html`<div class="bk-text"><${TextObject} object=${block.text} /></div>`}
      ${block.fields && html`<div class="bk-fields">${block.fields.map((field, at) => html`<div key=${at} class="bk-text bk-field-cell">
        <${TextObject} object=${field} /></div>`)}</div>`}
    </div>
    ${accessory && html`<div class="bk-accessory">
      ${accessory.type === "image" ? html`<${Image} image=${accessory} />`
      : html`<${Element} block=${block} element=${accessory} control=${unlabelled(accessory)} />`}</div>`}
  </div>`;
}

const Header = ({ block }) => html`<h3 class="bk-header"><${TextObject} object=${block.text} /></h3>`;
const Divider = () => html`<hr class="bk-divider" />`;

function Context({ block }) {
  return html`<div class="bk-context">${(block.elements ?? []).map((one, at) => (one?.type === "image"
    ? html`<${Image} key=${at} image=${one} />`
    : html`<div key=${at} class="bk-text bk-context-text"><${TextObject} object=${one} /></div>`))}</div>`;
}

// --- images: nothing is fetched from outside --------------------------------------------------------------------------

function Image({ image }) {
  return image.image_url?.startsWith("data:image/")
    ? html`<img class="bk-image" src=${image.image_url} alt=${image.alt_text} />`
    : html`<span class="bk-image bk-image-none" role="img" aria-label=${image.alt_text} title=${image.alt_text}><span aria-hidden="true">🖼</span></span>`;
}

function ImageBlock({ block }) {
  const href = safeUrl(block.image_url);
  return html`<figure class="bk-figure">
    ${block.title && html`<figcaption class="bk-figure-title"><${TextObject} object=${block.title} /></figcaption>`}
    ${block.image_url?.startsWith("data:image/") ? html`<img src=${block.image_url} alt=${block.alt_text} />`
    : html`<div class="bk-figure-none"><span aria-hidden="true">🖼</span> ${block.alt_text}
        ${href && html`<a href=${href} target="_blank" rel="noopener noreferrer">${href}</a>`}</div>`}
  </figure>`;
}

// --- tables: cells that somebody pasted -------------------------------------------------------------------------------

function Table({ block }) {
  return html`<table class="bk-table"><tbody>${(block.rows ?? []).map((row, at) => html`<tr key=${at}>${row.map((cell, nth) => html`<td
    key=${nth}><${Cell} cell=${cell} /></td>`)}</tr>`)}</tbody></table>`;
}

function Cell({ cell }) {
  switch (cell?.type) {
    case "raw_text": return cell.text;
    case "raw_number": return String(cell.value);
    case "rich_text": return html`<${RichText} block=${cell} />`;
    default: return html`<${Unknown} what="cell" json=${cell} />`;
  }
}

// --- elements ---------------------------------------------------------------------------------------------------------

function Actions({ block }) {
  return html`<div class="bk-actions">${(block.elements ?? []).map((element, at) => html`<${Element} key=${element?.action_id ?? at}
    block=${block} element=${element} control=${unlabelled(element)} />`)}</div>`;
}

/** Outside an input block there is no label: the placeholder says what it is. */
function unlabelled(element) {
  const name = element?.accessibility_label ?? element?.placeholder?.text ?? NAMES[element?.type] ?? "Choose";
  return { id: undefined, name, aria: { "aria-label": name }, invalid: false, optional: false };
}

const NAMES = { datepicker: "Date", timepicker: "Time", datetimepicker: "Date and time", plain_text_input: "Text" };

function Input({ block }) {
  const desk = useDesk();
  const uid = useUid();
  const error = desk.errors[block.block_id];
  const described = [error && `${uid}-error`, block.hint && `${uid}-hint`].filter(Boolean).join(" ") || undefined;
  const aria = { "aria-describedby": described, "aria-invalid": error ? true : undefined, "aria-required": block.optional ? undefined : true };
  const group = isGroup(block.element);
  if (group) aria["aria-labelledby"] = `${uid}-label`;
  if (block.element?.type === "checkboxes") delete aria["aria-required"]; // a group knows none
  const control = { id: `${uid}-control`, name: block.label?.text, aria, invalid: Boolean(error), optional: Boolean(block.optional) };
  const words = html`<${TextObject} object=${block.label} />${block.optional && html` <span class="bk-optional">(optional)</span>`}`;
  return html`<div class=${`bk-field ${error ? "bk-field-bad" : ""}`}>
    ${group ? html`<span class="bk-label" id=${`${uid}-label`}>${words}</span>`
    : html`<label class="bk-label" id=${`${uid}-label`} for=${control.id}>${words}</label>`}
    <${Element} block=${block} element=${block.element} control=${control} />
    ${error && html`<p class="bk-field-error" id=${`${uid}-error`}><span aria-hidden="true">⚠</span> ${error}</p>`}
    ${block.hint && html`<p class="bk-hint" id=${`${uid}-hint`}><${TextObject} object=${block.hint} /></p>`}
  </div>`;
}

const KINDS = {
  section: Section, header: Header, divider: Divider, context: Context, image: ImageBlock, actions: Actions, input: Input,
  rich_text: RichText, table: Table,
};

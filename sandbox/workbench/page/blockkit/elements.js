// Elements that are pressed or chosen from: buttons, the ⋯ menu, radio buttons, checkboxes, date and time.
import { html, useLayoutEffect, useRef, useState } from "../vendor/ui.js";
import { useDesk, useUid } from "./desk.js";
import { useFloat } from "./float.js";
import { Picker } from "./picker.js";
import { safeUrl } from "./text.js";
import { TextInput } from "./inputs.js";
import { Unknown } from "./unknown.js";
import { TextObject } from "./words.js";

/** `control`: {id, aria, name, invalid, optional}: how the element is called and described. */
export function Element({ block, element, control }) {
  const draw = Object.hasOwn(KINDS, element?.type ?? "") ? KINDS[element.type] : null;
  if (!draw) return html`<${Unknown} what="element" json=${element} />`;
  return html`<${draw} block=${block} element=${element} control=${control} />`;
}

// --- button -----------------------------------------------------------------------------------------------------------

const STYLES = { primary: "bk-primary", danger: "bk-danger" };
const web = (address) => { const url = safeUrl(address); return url && /^https?:/.test(url) ? url : null; };

function Button({ block, element }) {
  const desk = useDesk();
  const own = useRef(null);
  const busy = desk.isBusy(block, element);
  const look = `bk-button ${STYLES[element.style] ?? ""} ${busy ? "bk-busy" : ""}`;
  const press = () => desk.use(block, element, undefined, own.current);
  const words = html`<span class="bk-button-text"><${TextObject} object=${element.text} /></span>`;
  const href = element.url ? web(element.url) : null;
  if (href) {
    return html`<a ref=${own} class=${look} href=${href} target="_blank" rel="noopener noreferrer" aria-label=${element.accessibility_label}
      onClick=${press}>${words}</a>`;
  }
  return html`<button ref=${own} type="button" class=${look} aria-label=${element.accessibility_label} aria-busy=${busy}
    aria-disabled=${busy ? true : undefined} disabled=${desk.disabled} onClick=${press}>${words}</button>`;
}

// --- the ⋯ menu -------------------------------------------------------------------------------------------------------

function Overflow({ block, element }) {
  const desk = useDesk();
  const button = useRef(null);
  const [open, setOpen] = useState(false);
  const menu = useFloat(button, open, { wide: false });
  const busy = desk.isBusy(block, element);
  useLayoutEffect(() => { if (open) menu.current.querySelector("[role=menuitem]")?.focus(); }, [open]);
  const close = () => { setOpen(false); button.current?.focus(); };
  const pick = (option) => {
    close();
    const href = option.url ? web(option.url) : null;
    if (href) open_(href);
    desk.use(block, element, option.value, button.current);
  };
  const onKeyDown = (event) => {
    const items = [...menu.current.querySelectorAll("[role=menuitem]")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[to].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<span class="bk-overflow">
    <button ref=${button} type="button" class=${`bk-button bk-more ${busy ? "bk-busy" : ""}`} aria-label="More options" aria-haspopup="menu"
      aria-expanded=${open} aria-busy=${busy} disabled=${desk.disabled} onClick=${() => setOpen(!open)}><span class="bk-button-text">⋯</span></button>
    <div ref=${menu} popover="manual" class="bk-list-box" onKeyDown=${onKeyDown}
      onFocusOut=${(event) => { if (open && event.relatedTarget && !menu.current.contains(event.relatedTarget)) setOpen(false); }}>
      ${open && html`<ul role="menu" class="bk-options" aria-label="More options">
        ${(element.options ?? []).map((option) => html`<li key=${option.value} role="menuitem" tabindex="-1" class="bk-option bk-menu-item"
          onClick=${() => pick(option)} onKeyDown=${(event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(option); } }}>
          <span class="bk-option-text"><${TextObject} object=${option.text} /></span></li>`)}</ul>`}
    </div>
  </span>`;
}

const open_ = (href) => window.open(href, "_blank", "noopener,noreferrer");

// --- radio buttons and checkboxes -------------------------------------------------------------------------------------

function Choices({ block, element, control, role, kind, chosen, pick }) {
  const desk = useDesk();
  const uid = useUid();
  const own = useRef(null);
  const [turn, redo] = useState(0); // what was not done is drawn as it was before
  const change = async (option) => { if (!(await desk.use(block, element, pick(option), own.current))) redo((count) => count + 1); };
  return html`<div ref=${own} class="bk-choices" role=${role} ...${control.aria} id=${control.id} tabindex=${control.invalid ? -1 : undefined}>
    ${(element.options ?? []).map((option, at) => html`<label key=${`${option.value}/${turn}`} class="bk-choice">
      <input type=${kind} name=${uid} checked=${chosen(option)} disabled=${desk.disabled}
        data-focus=${at === 0 && element.focus_on_load ? "" : undefined} onChange=${() => change(option)} />
      <span><span class="bk-choice-text"><${TextObject} object=${option.text} /></span>
        ${option.description && html`<span class="bk-choice-note"><${TextObject} object=${option.description} /></span>`}</span>
    </label>`)}
  </div>`;
}

function Radios(props) {
  const chosen = useDesk().value(props.block, props.element);
  return html`<${Choices} ...${props} role="radiogroup" kind="radio" chosen=${(option) => option.value === chosen?.value} pick=${(option) => option} />`;
}

function Boxes(props) {
  const chosen = useDesk().value(props.block, props.element) ?? [];
  const has = (option) => chosen.some((one) => one.value === option.value);
  const pick = (option) => (has(option) ? chosen.filter((one) => one.value !== option.value) : [...chosen, option]);
  return html`<${Choices} ...${props} role="group" kind="checkbox" chosen=${has} pick=${pick} />`;
}

// --- date and time ----------------------------------------------------------------------------------------------------

const two = (number) => String(number).padStart(2, "0");
const MOMENTS = {
  datepicker: { type: "date", show: (value) => value ?? "", read: (text) => text || null },
  timepicker: { type: "time", show: (value) => value ?? "", read: (text) => text || null },
  datetimepicker: { type: "datetime-local", show: localText, read: (text) => (text ? Math.floor(new Date(text).getTime() / 1000) : null) },
};

/** Unix seconds as the field wants them, in the reader's time zone. */
function localText(seconds) {
  if (!seconds) return "";
  const at = new Date(seconds * 1000);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

function MomentInput({ block, element, control }) {
  const desk = useDesk();
  const [turn, redo] = useState(0);
  const kind = MOMENTS[element.type];
  const change = async (event) => {
    const text = event.currentTarget.value;
    if (text.startsWith("0")  && kind.type !== "time") return; // a year that is still being typed
    if (!(await desk.use(block, element, kind.read(text), event.currentTarget))) redo((count) => count + 1);
  };
  return html`<input key=${turn} type=${kind.type} class=${`bk-input bk-moment ${control.invalid ? "bk-invalid" : ""}`} id=${control.id} ...${control.aria}
    value=${kind.show(desk.value(block, element))} disabled=${desk.disabled} data-focus=${element.focus_on_load ? "" : undefined} onChange=${change} />`;
}

const KINDS = {
  button: Button,
  overflow: Overflow,
  radio_buttons: Radios,
  checkboxes: Boxes,
  datepicker: MomentInput,
  timepicker: MomentInput,
  datetimepicker: MomentInput,
  plain_text_input: TextInput,
  email_text_input: TextInput,
  url_text_input: TextInput,
  number_input: TextInput,
};
for (const kind of ["static_select", "external_select", "users_select", "conversations_select", "channels_select"]) {
  KINDS[kind] = Picker;
  KINDS[`multi_${kind}`] = Picker;
}

/** Elements whose parts have no single field that a label could point at. */
export const isGroup = (element) => element?.type === "radio_buttons" || element?.type === "checkboxes";

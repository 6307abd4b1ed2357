// Menus to choose from: a field to type in, a list below it, chips for what is chosen where there may be several.
import { html, useLayoutEffect, useRef, useState } from "../vendor/ui.js";
import { useDesk, useUid } from "./desk.js";
import { useFloat } from "./float.js";
import { useSource } from "./sources.js";
import { isMany } from "./values.js";
import { TextLine } from "./words.js";

export function Picker({ block, element, control }) {
  const desk = useDesk();
  const uid = useUid();
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const box = useRef(null);
  const field = useRef(null);
  const list = useFloat(box, open);
  const source = useSource(block, element, query, open);
  const many = isMany(element);
  const chosen = [desk.value(block, element) ?? []].flat().map((one) => source.itemOf(one));
  const items = source.groups.flatMap((group) => group.items);
  const full = many && element.max_selected_items !== undefined && chosen.length >= element.max_selected_items;
  const now = { desk, block, element, many, chosen, items, full, box, field, query, open, active };
  const set = { setOpen, setQuery, setActive };
  useLayoutEffect(() => { setActive(firstActive(now)); }, [open, query, source.state]);
  useLayoutEffect(() => { list.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" }); }, [active, open]);
  const at = Math.min(active, items.length - 1);
  return html`<div class=${`bk-picker ${control.invalid ? "bk-invalid" : ""}`} ref=${box} onClick=${() => begin(now, set)}>
    ${many && chosen.map((item) => html`<${Chip} key=${item.id} item=${item} drop=${() => toggle(now, set, item)} />`)}
    <input ref=${field} class="bk-picker-input" type="text" role="combobox" autocomplete="off" spellcheck=${false}
      id=${control.id} ...${control.aria} aria-autocomplete="list" aria-haspopup="listbox" aria-expanded=${open} aria-controls=${open ? `${uid}-list` : undefined}
      aria-activedescendant=${open && at >= 0 ? `${uid}-${at}` : undefined} aria-busy=${desk.isBusy(block, element)}
      placeholder=${open && !many && chosen[0] ? chosen[0].text : many && chosen.length ? "" : placeholder(element)}
      value=${open || many ? query : chosen[0]?.text ?? ""} disabled=${desk.disabled}
      onInput=${(event) => { setQuery(event.currentTarget.value); setOpen(true); }}
      onKeyDown=${(event) => pressed(event, now, set)} onBlur=${() => finish(set)} />
    ${control.optional && !many && chosen.length > 0 && html`<button type="button" class="bk-clear" aria-label="Clear"
      onMouseDown=${(event) => event.preventDefault()} onClick=${(event) => clear(event, now, set)}>×</button>`}
    <span class="bk-chevron" aria-hidden="true"></span>
    <div ref=${list} popover="manual" class="bk-list-box" onMouseDown=${(event) => event.preventDefault()} onClick=${(event) => event.stopPropagation()}>
      ${open && html`<${Options} uid=${uid} source=${source} chosen=${chosen} at=${at} many=${many} full=${full}
        most=${element.max_selected_items} name=${control.name} pick=${(item) => pick(now, set, item)} />`}
    </div>
  </div>`;
}

const placeholder = (element) => element.placeholder?.text ?? (isMany(element) ? "Select options" : "Select an option");

function Chip({ item, drop }) {
  return html`<span class="bk-chip"><span class="bk-chip-text">${item.text}</span>
    <button type="button" class="bk-chip-drop" aria-label=${`Remove ${item.text}`}
      onClick=${(event) => { event.stopPropagation(); drop(); }}>×</button></span>`;
}

function Options({ uid, source, chosen, at, many, full, most, name, pick }) {
  let index = -1;
  const option = (item) => {
    index += 1;
    const own = chosen.some((one) => one.id === item.id);
    return html`<li key=${item.id} id=${`${uid}-${index}`} role="option" class="bk-option" aria-selected=${own}
      aria-disabled=${full && !own ? true : undefined} data-active=${index === at ? "" : undefined} onClick=${() => pick(item)}>
      <span class="bk-option-text"><${TextLine} text=${item.text} plain /></span>
      ${item.note && html`<span class="bk-option-note">${item.note}</span>`}
      ${own && html`<span class="bk-option-check" aria-hidden="true">✓</span>`}</li>`;
  };
  return html`
    <ul id=${`${uid}-list`} role="listbox" class="bk-options" aria-label=${name} aria-multiselectable=${many ? true : undefined}>
      ${source.groups.map((group, nth) => (group.label
        ? html`<li key=${`g${nth}`} role="presentation"><span class="bk-group-name" id=${`${uid}-g${nth}`}>${group.label}</span>
            <ul role="group" class="bk-options" aria-labelledby=${`${uid}-g${nth}`}>${group.items.map(option)}</ul></li>`
        : group.items.map(option)))}
    </ul>
    ${full && html`<p class="bk-list-note" role="status">No more than ${most} can be chosen.</p>`}
    ${source.message && html`<p class=${`bk-list-note ${source.state === "failed" ? "bk-list-bad" : ""}`} role="status">${source.message}</p>`}`;
}

function firstActive({ many, chosen, items, query }) {
  const own = !many && !query && chosen[0] ? items.findIndex((item) => item.id === chosen[0].id) : -1;
  return Math.max(own, 0);
}

function begin({ desk, field, open }, { setOpen }) {
  field.current?.focus();
  if (!open && !desk.disabled) setOpen(true);
}

function finish({ setOpen, setQuery }) { setOpen(false); setQuery(""); }

function pick(now, set, item) {
  if (now.many) return toggle(now, set, item);
  finish(set);
  const same = now.chosen[0]?.id === item.id;
  return same ? undefined : now.desk.use(now.block, now.element, item.value, now.box.current);
}

function toggle(now, set, item) {
  const has = now.chosen.some((one) => one.id === item.id);
  if (now.full && !has) return;
  set.setQuery("");
  const next = has ? now.chosen.filter((one) => one.id !== item.id) : [...now.chosen, item];
  now.desk.use(now.block, now.element, next.map((one) => one.value), now.box.current);
  now.field.current?.focus();
}

function clear(event, now, set) {
  event.stopPropagation();
  finish(set);
  now.desk.use(now.block, now.element, null, now.box.current);
}

function pressed(event, now, set) {
  const done = KEYS[event.key]?.(now, set, event);
  if (done) { event.preventDefault(); event.stopPropagation(); }
}

/** Each says whether the key was for the menu. */
const KEYS = {
  ArrowDown: (now, set) => step(now, set, 1),
  ArrowUp: (now, set) => step(now, set, -1),
  PageDown: (now, set) => now.open && step(now, set, 8),
  PageUp: (now, set) => now.open && step(now, set, -8),
  Enter: (now, set) => {
    if (!now.open) set.setOpen(true);
    else if (now.items[now.active]) pick(now, set, now.items[now.active]);
    return true;
  },
  Escape: (now, set) => { if (now.open) finish(set); return now.open; },
  Tab: (now, set) => { finish(set); return false; },
  Backspace: (now, set) => {
    if (!now.many || now.query || !now.chosen.length) return false;
    toggle(now, set, now.chosen.at(-1));
    return true;
  },
};

function step({ open, items, active }, { setOpen, setActive }, by) {
  if (!open) setOpen(true);
  else if (Math.abs(by) > 1) setActive(Math.max(0, Math.min(items.length - 1, active + by)));
  else if (items.length) setActive((active + by + items.length) % items.length);
  return true;
}

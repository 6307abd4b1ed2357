// What opens beside a button: over everything, closed by Escape, by a click elsewhere, or by a choice.
import { html, useEffect, useLayoutEffect, useRef } from "../vendor/ui.js";

const GAP = 4;
const ITEMS = "[role^='menuitem']:not(:disabled)";

/** `anchor` is the button's ref. Focus goes into it and back again; Tab leaves it. */
export function Popover({ anchor, onClose, label, role = "dialog", kind = "", children }) {
  const box = useRef(null);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    box.current.showPopover();
    place(box.current, anchor.current);
    const first = box.current.querySelector("[data-first]") ?? box.current.querySelector(ITEMS) ?? box.current;
    first.focus({ preventScroll: true });
  }, []);
  useLayoutEffect(() => place(box.current, anchor.current));
  useEffect(() => elsewhere(box, anchor, () => close.current()), []);
  const back = () => { onClose(); anchor.current?.focus({ preventScroll: true }); };
  const onKeyDown = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); back(); }
    else if (role === "menu") alongMenu(event, box.current, onClose);
  };
  return html`<div ref=${box} popover="manual" class="sl-pop ${kind}" role=${role} aria-label=${label} tabindex="-1"
    onKeyDown=${onKeyDown}>${children}</div>`;
}

function elsewhere(box, anchor, close) {
  const look = (event) => {
    const path = event.composedPath();
    if (!path.includes(box.current) && !path.includes(anchor.current)) close();
  };
  const moved = () => close();
  document.addEventListener("pointerdown", look, true);
  addEventListener("resize", moved);
  return () => { document.removeEventListener("pointerdown", look, true); removeEventListener("resize", moved); };
}

/** Below the anchor if there is room, else above; always wholly in the window. */
function place(box, anchor) {
  if (!box || !anchor) return;
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + GAP + height <= innerHeight - GAP;
  const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
  const left = at.left + width <= innerWidth - GAP ? at.left : at.right - width;
  box.style.top = `${Math.round(Math.max(GAP, Math.min(top, innerHeight - height - GAP)))}px`;
  box.style.left = `${Math.round(Math.max(GAP, Math.min(left, innerWidth - width - GAP)))}px`;
}

function alongMenu(event, box, onClose) {
  if (event.key === "Tab") return onClose();
  const items = [...box.querySelectorAll(ITEMS)];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || !items.length) return undefined;
  event.preventDefault();
  return items.at(to % items.length).focus();
}

export const MenuItem = ({ onClick, hint, danger, checked, children }) => html`<button
  type="button" class="sl-item ${danger ? "sl-danger" : ""}" tabindex="-1" role=${checked === undefined ? "menuitem"
    : "menuitemradio"}
  aria-checked=${checked === undefined ? undefined : String(checked)} onClick=${onClick}>
  ${children}${hint && html`<span class="sl-item-hint">${hint}</span>`}</button>`;

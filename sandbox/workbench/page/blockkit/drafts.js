// What a person has put into elements and the far side may not know yet. The far side's word wins once it changes,
// except in the field that is being typed in.
import { useRef, useState } from "../vendor/ui.js";
import { heldIn, initialOf, keyOf } from "./values.js";

const kept = new Map(); // of views, by their id: they outlive a look at another room or person

/** `scope`: the id under which drafts are kept; without one they live as long as what is drawn. */
export function useDrafts(scope) {
  const own = useRef(null);
  const [, draw] = useState(0);
  own.current ??= new Map();
  return new Drafts(scope ? shelf(scope) : own.current, () => draw((count) => count + 1));
}

export function forget(scope) { kept.delete(scope); }

function shelf(scope) {
  if (!kept.has(scope)) kept.set(scope, new Map());
  return kept.get(scope);
}

class Drafts {
  constructor(entries, draw) { this.entries = entries; this.draw = draw; }

  /** What to show now. */
  value(values, block, element) {
    const held = heldIn(values, block, element);
    const draft = this.entries.get(keyOf(block, element));
    if (draft && draft.type === element.type && (draft.typing || draft.over === JSON.stringify(held))) return draft.value;
    return held === undefined ? initialOf(element) : held;
  }

  put(values, block, element, value, { typing = false } = {}) {
    const over = JSON.stringify(heldIn(values, block, element));
    this.entries.set(keyOf(block, element), { type: element.type, value, over, typing });
    this.draw();
  }

  /** The field is left: from now on the far side may change it. What was typed last stands over what is held now. */
  leave(values, block, element) {
    const draft = this.entries.get(keyOf(block, element));
    if (!draft?.typing) return;
    draft.typing = false;
    draft.over = JSON.stringify(heldIn(values, block, element));
    this.draw();
  }

  /** Whether the far side does not have what is shown. */
  differs(values, block, element) {
    const draft = this.entries.get(keyOf(block, element));
    const held = heldIn(values, block, element) ?? initialOf(element);
    const shown = same(this.value(values, block, element));
    return Boolean(draft) && shown !== same(held) && shown !== draft.sent;
  }

  /** The far side took it; that it holds it is known a moment later. */
  sent(block, element, value) {
    const draft = this.entries.get(keyOf(block, element));
    if (draft) draft.sent = same(value);
  }
}

const same = (value) => JSON.stringify(value === "" ? null : value);

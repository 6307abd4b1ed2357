// A window over the Slack pane, and over nothing else: what lies under it in the pane cannot be reached while it is there;
// Evo Voice beside it can.
import { useLayoutEffect } from "../vendor/ui.js";

export const STAGE = ".pane, .bk-stage";
const REACHED = 'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary, '
  + '[tabindex]:not([tabindex="-1"])';

/** While drawn, `root` (a ref) has the pane for itself; afterwards the focus goes back to where it was. */
export function useCurtain(root, focusFirst) {
  useLayoutEffect(() => {
    const own = root.current;
    const before = document.activeElement;
    const covered = cover(own);
    const stage = own.closest(STAGE) ?? document.body;
    if (before === document.body || stage.contains(before)) focusFirst(own); // who writes elsewhere is left alone
    return () => {
      for (const one of covered) one.inert = false;
      const lost = document.activeElement === document.body || own.contains(document.activeElement);
      if (lost && before?.isConnected && stage.contains(before)) before.focus();
    };
  }, []);
}

function cover(own) {
  const covered = [];
  const stage = own.closest(STAGE) ?? document.body;
  for (let one = own; one !== stage && one.parentElement; one = one.parentElement) {
    for (const other of one.parentElement.children) {
      if (other !== one && !other.inert && other.tagName !== "SCRIPT") { other.inert = true; covered.push(other); }
    }
  }
  return covered;
}

/** Tab goes round inside. */
export function keepInside(event) {
  if (event.key !== "Tab") return;
  const reached = [...event.currentTarget.querySelectorAll(REACHED)].filter((one) => one.checkVisibility());
  const [first, last] = [reached[0], reached.at(-1)];
  const at = document.activeElement;
  const out = event.shiftKey ? at === first || at === event.currentTarget : at === last;
  if (!out || !first) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

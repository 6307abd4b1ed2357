// Lists and menus that float above everything, beside what opened them, and stay inside the window.
import { useLayoutEffect, useRef } from "../vendor/ui.js";

const GAP = 4;
const EDGE = 8;
const TALLEST = 300;

/** A ref for an element with popover="manual" that is shown beside `anchor` (a ref) while `open`. */
export function useFloat(anchor, open, { wide = true } = {}) {
  const floating = useRef(null);
  useLayoutEffect(() => {
    const list = floating.current;
    if (!open || !list || !anchor.current) return undefined;
    if (!list.matches(":popover-open")) list.showPopover();
    const set = () => place(list, anchor.current, wide);
    set();
    const watch = new ResizeObserver(set);
    watch.observe(list);
    addEventListener("scroll", set, { capture: true, passive: true });
    addEventListener("resize", set);
    return () => {
      watch.disconnect();
      removeEventListener("scroll", set, { capture: true });
      removeEventListener("resize", set);
      if (list.isConnected && list.matches(":popover-open")) list.hidePopover();
    };
  }, [open]);
  return floating;
}

function place(list, anchor, wide) {
  if (!anchor) return;
  const at = anchor.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP - EDGE;
  const above = at.top - GAP - EDGE;
  const up = below < Math.min(list.scrollHeight, 180) && above > below;
  list.style.maxHeight = `${Math.max(80, Math.min(TALLEST, up ? above : below))}px`;
  if (wide) list.style.minWidth = `${Math.min(at.width, innerWidth - 2 * EDGE)}px`;
  const size = list.getBoundingClientRect();
  list.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - size.width - EDGE))}px`;
  list.style.top = up ? `${at.top - GAP - size.height}px` : `${at.bottom + GAP}px`;
}

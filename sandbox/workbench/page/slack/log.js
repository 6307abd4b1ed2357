// A list of messages: grouped, with a line for each day, kept at its end while one reads there.
import { Fragment, html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/ui.js";
import { Icon } from "./icons.js";
import { Message } from "./message.js";
import { dayOf } from "./times.js";

const NEAR_END = 60;

/**
 * `rows` as of rowsOf. `go` has thread(ts). `onSeen(ts)` is called with the newest message once the end is in sight.
 * `head` and `foot` are drawn above and below the rows. `handle` is filled with {editLast(), toEnd()}.
 */
export function Log({ label, rows, at, rooms, go, inThread, parent, onSeen = () => {}, handle, head, foot, empty }) {
  const [active, setActive] = useState("");
  const [cursor, setCursor] = useState("");
  const [editing, setEditing] = useState("");
  const { box, inner, below, toEnd } = useEnd(rows, onSeen, at.me);
  const edit = useCallback((key) => setEditing(key), []);
  const acts = useMemo(() => ({ ...go, edit }), [go, edit]);
  const last = rows.at(-1)?.key ?? "";
  const tabbed = rows.some((row) => row.key === cursor) ? cursor : last;
  if (handle) handle.current = { toEnd, editLast: () => editLast(rows, at, edit) };
  useEffect(() => { if (editing && !rows.some((row) => row.key === editing)) setEditing(""); }, [rows, editing]);
  const over = (event) => setActive(keyAt(event));
  const focused = (event) => { setActive(keyAt(event)); if (keyAt(event)) setCursor(keyAt(event)); };
  return html`<div class="sl-log-frame">
    <div class="sl-log" ref=${box} onPointerOver=${over} onPointerLeave=${() => setActive("")} onFocusIn=${focused}
      onKeyDown=${alongRows}>
      <div class="sl-log-inner" ref=${inner} role="log" aria-label=${label} aria-relevant="additions">
        ${head}
        ${!rows.length && empty}
        ${rows.map((row) => html`<${Fragment} key=${row.key}>
          ${row.day && !inThread && html`<${Line} text=${dayOf(row.message.ts)} />`}
          ${row.fresh && html`<${Line} text="New" fresh />`}
          <${Message} message=${row.message} rowKey=${row.key} at=${at} rooms=${rooms} go=${acts} first=${row.first}
            active=${active === row.key}
            editing=${editing === row.key} tab=${tabbed === row.key} inThread=${inThread}
              isParent=${parent === row.key} />
          ${parent === row.key && html`<${RepliesLine} many=${row.message.reply_count ?? 0} />`}
        <//>`)}
        ${foot}
      </div>
    </div>
    ${below && html`<button type="button" class="sl-pill" onClick=${() => toEnd()}>New messages <${Icon} name="arrow"
      size=${12} /></button>`}
  </div>`;
}

const Line = ({ text, fresh }) => html`<div class="sl-line ${fresh ? "sl-line-fresh" : ""}" role="separator"
  aria-label=${text}><span>${text}</span></div>`;

const RepliesLine = ({ many }) => (many > 0
  ? html`<div class="sl-line sl-line-left" role="separator"><span>${many} ${many === 1 ? "reply"
    : "replies"}</span></div>` : null);

const keyAt = (event) => event.target.closest?.("[data-row]")?.dataset.row ?? "";

/** Arrows go from message to message when a message itself has the focus. */
function alongRows(event) {
  if (!event.target.dataset?.row) return;
  const all = [...event.currentTarget.querySelectorAll("[data-row]")];
  const at = all.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all[to]) return;
  event.preventDefault();
  all[to].focus();
}

function editLast(rows, at, edit) {
  const own = rows.findLast(({ message }) => message.user === at.me && !message.bot_id && !message.only
    && message.subtype !== "tombstone");
  if (own) edit(own.key);
  return Boolean(own);
}

/** Stays at the end if it was there; else says that there is something below. One's own words are always followed. */
function useEnd(rows, onSeen, me) {
  const box = useRef(null);
  const inner = useRef(null);
  const at = useRef({ end: true, height: 0, known: "" }); // at the end; the height when last looked; the newest row
  const [below, setBelow] = useState(false);
  const seen = useRef(onSeen);
  seen.current = onSeen;
  const look = () => {
    if (!box.current) return; // a scroll is told of a moment later: the box may have gone
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const now = at.current;
    now.end = Math.min(now.height || scrollHeight, scrollHeight) - scrollTop - clientHeight < NEAR_END;
    if (!now.end) return;
    setBelow(false);
    if (now.known && document.visibilityState === "visible") seen.current(now.known);
  };
  const toEnd = useCallback(() => {
    const log = box.current;
    log.scrollTop = log.scrollHeight;
    Object.assign(at.current, { end: true, height: log.scrollHeight });
    look();
  }, []);
  const last = rows.at(-1);
  useLayoutEffect(() => {
    const now = at.current;
    const [isNew, isFirst] = [Boolean(last) && last.message.ts > now.known, now.known === ""];
    if (!isFirst) look(); // a scroll that nobody has told us of yet counts
    now.known = last?.message.ts ?? "";
    now.height = box.current.scrollHeight;
    if (now.end || (isNew && (last.message.user === me || last.message.only))) toEnd();
    else if (isNew && !isFirst) setBelow(true);
  }, [last?.key, rows.length]);
  useLayoutEffect(() => { // an ordinary effect is taken back only after the box has gone
    const grown = new ResizeObserver(() => {
      if (at.current.end) toEnd();
      at.current.height = box.current.scrollHeight;
    });
    box.current.addEventListener("scroll", look, { passive: true });
    document.addEventListener("visibilitychange", look);
    grown.observe(inner.current);
    grown.observe(box.current);
    return () => { grown.disconnect(); document.removeEventListener("visibilitychange", look); };
  }, []);
  return { box, inner, below, toEnd };
}

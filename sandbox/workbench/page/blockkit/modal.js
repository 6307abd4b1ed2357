// A modal over the Slack pane: what is typed stays here until a field is left; the rest is the far side's word.
import { html, useEffect, useRef, useState } from "../vendor/ui.js";
import { act } from "../act.js";
import { Blocks } from "./blocks.js";
import { STAGE, keepInside, useCurtain } from "./curtain.js";
import { forget, useDrafts } from "./drafts.js";
import { complaint, elementsOf, given, isWritten, keyOf } from "./values.js";
import { TextObject } from "./words.js";

const NO_CONTACT = "We had some trouble connecting. Try again?";
const slack = (verb, args, options) => act("slack", verb, args, options);

/** `stack`: the views that `user` has open, the visible one last. `gesture` is how they act; act() by itself. */
export function Modal({ user, stack, gesture = slack }) {
  if (!stack?.length) return null;
  return html`<${Over} key=${user} user=${user} stack=${stack} gesture=${gesture} />`;
}

function Over({ user, stack, gesture }) {
  const root = useRef(null);
  const top = stack.at(-1);
  useCurtain(root, () => {});
  return html`<div class="bk-over"><div class="bk-curtain" ref=${root}>
    <${Top} key=${top.id} user=${user} view=${top} below=${stack.at(-2)} depth=${stack.length} gesture=${gesture} />
  </div></div>`;
}

function Top({ user, view, below, depth, gesture }) {
  const root = useRef(null);
  const drafts = useDrafts(view.id);
  const [said, say] = useState({ errors: {}, trouble: null, turn: 0 });
  const hand = useHand({ user, view, gesture, drafts, say });
  useEffect(() => { focusFirst(root.current, "[data-focus]"); }, []);
  useEffect(() => { if (document.activeElement === document.body) root.current.focus(); }, [view.hash]);
  useEffect(() => { if (said.turn) focusFirst(root.current, ".bk-field-bad :is(input, textarea, [tabindex])"); }, [said.turn]);
  const onKeyDown = (event) => {
    keepInside(event);
    if (event.key === "Escape") { event.preventDefault(); hand.close(); }
  };
  const title = `${view.id}-title`;
  return html`<dialog open ref=${root} class=${`bk-dialog bk-modal bk-depth-${Math.min(depth, 3)}`} aria-labelledby=${title} tabindex="-1" onKeyDown=${onKeyDown}>
    <form class="bk-form" novalidate onSubmit=${(event) => { event.preventDefault(); hand.submit(); }} aria-busy=${hand.busy}>
      <header class="bk-dialog-head">
        ${below && html`<button type="button" class="bk-back" aria-label=${`Back to ${below.title?.text ?? "the form below"}`} onClick=${hand.close}>←</button>`}
        <h2 class="bk-dialog-title" id=${title}><${TextObject} object=${view.title} /></h2>
        ${depth > 1 && html`<span class="bk-depth">${depth} of 3</span>`}
        <button type="button" class="bk-close" aria-label="Close" onClick=${hand.close}>×</button>
      </header>
      ${said.trouble && html`<div class="bk-banner" role="alert"><strong>${NO_CONTACT}</strong><small>${said.trouble}</small></div>`}
      <div class="bk-dialog-body">
        <${Blocks} where="modal" user=${user} blocks=${view.blocks} values=${view.state?.values} errors=${{ ...view.errors, ...said.errors }} drafts=${drafts}
          onAct=${hand.onAct} onChange=${hand.onChange} onLeave=${hand.onLeave} onSuggest=${hand.onSuggest} />
      </div>
      <footer class="bk-dialog-foot">
        <button type="button" class="bk-button bk-large" onClick=${hand.close}>${view.close ? html`<${TextObject} object=${view.close} />` : view.submit ? "Cancel" : "Close"}</button>
        ${view.submit && html`<button type="submit" class=${`bk-button bk-large bk-primary ${hand.busy ? "bk-busy" : ""}`} aria-disabled=${hand.busy ? true : undefined}
          disabled=${Boolean(view.submit_disabled)}><span class="bk-button-text"><${TextObject} object=${view.submit} /></span></button>`}
      </footer>
    </form>
  </dialog>`;
}

/** Who writes beside the Slack pane keeps the focus. */
function focusFirst(root, selector) {
  const at = document.activeElement;
  if (at !== document.body && !(root.closest(STAGE) ?? document.body).contains(at)) return;
  (root.querySelector(selector) ?? root).focus();
}

// --- gestures ---------------------------------------------------------------------------------------------------------

/** Gestures leave one after the other, in the order in which they were made. */
function useHand(now) {
  const kept = useRef(null);
  const [busy, setBusy] = useState(false);
  kept.current ??= { turn: Promise.resolve(), busy: false, hash: null };
  const own = kept.current;
  own.now = now;
  if (own.hash !== null && own.hash !== now.view.hash) { own.hash = null; own.busy = false; } // what was submitted has been replaced
  const inTurn = (work) => { const made = own.turn.then(work, work); own.turn = made; return made; };
  const whole = async (work) => {
    if (own.busy) return;
    own.busy = true;
    setBusy(true);
    const waits = await inTurn(work).catch((error) => { trouble(now.say, String(error)); });
    if (!waits) { own.busy = false; own.hash = null; }
    setBusy(own.busy);
  };
  const clear = (block) => now.say((before) => ({ ...before, errors: { ...before.errors, [block.block_id]: undefined } }));
  return {
    busy: busy && own.busy,
    submit: () => whole(() => submit(own)),
    close: () => whole(() => close(own)),
    onAct: (block, element, value) => { clear(block); return inTurn(() => used(own.now, block, element, value)); },
    onChange: (block, element, value) => { clear(block); if (!isWritten(element)) inTurn(() => fill(own.now, block, element, value)); },
    onLeave: (block, element) => { if (!block.dispatch_action) inTurn(() => flush(own.now, block, element)); },
    onSuggest: (block_id, action_id, query) => suggest(own.now, `${block_id}/${action_id}`, query),
  };
}

async function used({ user, gesture, drafts }, block, element, value) {
  const key = keyOf(block, element);
  if (block.type !== "input") return gesture("press", { user, key, value: value ?? null });
  const answer = await gesture("fill", { user, values: { [key]: value } });
  if (answer.ok) drafts.sent(block, element, value);
  return answer.ok ? { ...answer, result: answer.result?.[0] } : answer;
}

async function fill({ user, gesture, drafts }, block, element, value, options) {
  const answer = await gesture("fill", { user, values: { [keyOf(block, element)]: value } }, options);
  if (answer.ok) drafts.sent(block, element, value);
  return answer;
}

/** Hand over what the far side does not have yet, if it may be. */
async function flush(now, block, element, options) {
  const { values } = now.view.state ?? {};
  const shown = now.drafts.value(values, block, element);
  if (!now.drafts.differs(values, block, element) || complaint(element, shown)) return { ok: true };
  return fill(now, block, element, given(element, shown), options);
}

async function suggest({ user, gesture }, key, query) {
  const answer = await gesture("suggest", { user, key, query }, { quiet: true });
  if (!answer.ok) throw new Error(answer.error);
  return answer.result;
}

async function close({ now }) {
  const answer = await now.gesture("close", { user: now.user });
  if (answer.ok) forget(now.view.id);
}

/** Whether the view is about to go or change: until then nothing more can be pressed. */
async function submit(own) {
  const { now } = own;
  const { user, view, gesture, drafts } = now;
  const hash = view.hash;
  const errors = await ready(now);
  if (Object.keys(errors).length) return wrong(now.say, errors);
  const answer = await gesture("submit", { user }, { quiet: true });
  if (!answer.ok) return trouble(now.say, answer.error);
  const { outcome, errors: given_, trouble: why } = answer.result;
  if (outcome === "errors" || outcome === "incomplete") return wrong(now.say, given_);
  if (outcome === "trouble") return trouble(now.say, why);
  if (outcome === "closed" || outcome === "cleared") forget(view.id);
  else for (const [block, element] of elementsOf(view.blocks)) drafts.leave(view.state?.values, block, element);
  now.say((before) => ({ ...before, errors: {}, trouble: null }));
  own.hash = hash;
  return outcome !== "pushed" && own.now.view.hash === hash;
}

/** Everything typed is handed over first; what cannot be is said under its field. */
async function ready(now) {
  const errors = {};
  for (const [block, element] of elementsOf(now.view.blocks)) {
    const shown = now.drafts.value(now.view.state?.values, block, element);
    const why = block.type === "input" ? complaint(element, shown) : "";
    if (why) errors[block.block_id] = why;
    else if (block.type === "input") {
      const answer = await flush(now, block, element, { quiet: true });
      if (!answer.ok) errors[block.block_id] = answer.error;
    }
  }
  return errors;
}

function wrong(say, errors) { say(({ turn }) => ({ errors, trouble: null, turn: turn + 1 })); return false; }
function trouble(say, text) { say((before) => ({ ...before, errors: {}, trouble: text || "no answer" })); return false; }

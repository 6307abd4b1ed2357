// The app's Home tab.
import { html } from "../vendor/ui.js";
import { act } from "../act.js";
import { Blocks } from "./blocks.js";
import { useDrafts } from "./drafts.js";
import { keyOf } from "./values.js";

const slack = (verb, args, options) => act("slack", verb, args, options);

export function HomeTab({ user, view, gesture = slack }) {
  const drafts = useDrafts(view?.id);
  if (!view) return html`<p class="bk-empty">There is nothing on this Home tab yet.</p>`;
  const onAct = (block, element, value) => gesture("press", { user, key: keyOf(block, element), value: value ?? null, home: true });
  return html`<div class="bk-home"><${Blocks} where="home" user=${user} blocks=${view.blocks} values=${view.state?.values} drafts=${drafts} onAct=${onAct} /></div>`;
}

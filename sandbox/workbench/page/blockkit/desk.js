// What every element of a drawing shares: where it is drawn, what it holds, and what its use leads to.
import { createContext, useContext, useRef, useState } from "../vendor/ui.js";
import { ask } from "./confirm.js";
import { given, holdsSomething, keyOf } from "./values.js";

export const Desk = createContext(null);
export const useDesk = () => useContext(Desk);

let last = 0;
/** A name for ids in the page, the same as long as the component lives. */
export function useUid() {
  const own = useRef("");
  own.current ||= `bk${++last}`;
  return own.current;
}

const TROUBLE = {
  http_timeout: "The app did not answer in time.",
  http_error: "The app answered with an error.",
  connection_failed: "The app could not be reached.",
};

/** The desk of one drawing. `props` are those of Blocks. */
export function useNewDesk(props, drafts) {
  const busy = useRef(new Set());
  const [troubles, setTroubles] = useState({});
  const [, draw] = useState(0);
  const { values, disabled } = props;
  const hand = { ...props, busy: busy.current, draw: () => draw((count) => count + 1), drafts, setTroubles };
  return {
    where: props.where, errors: props.errors ?? {}, user: props.user, disabled: Boolean(disabled), troubles,
    value: (block, element) => drafts.value(values, block, element),
    isBusy: (block, element) => busy.current.has(keyOf(block, element)),
    use: (block, element, value, near) => use(hand, block, element, value, near),
    type: (block, element, text) => type(hand, block, element, text),
    enter: (block, element) => enter(hand, block, element),
    leave: (block, element) => { drafts.leave(values, block, element); props.onLeave?.(block, element); },
    suggest: async (block, element, query) => {
      if (!props.onSuggest) throw new Error("nobody offers options here");
      return props.onSuggest(block.block_id, element.action_id, query);
    },
  };
}

/** A press or a pick. False when it was not done: disabled, under way already, or they were not sure. */
async function use(hand, block, element, value, near) {
  const key = keyOf(block, element);
  if (hand.disabled || hand.busy.has(key)) return false;
  if (element.confirm && !(await ask(element.confirm, near))) return false;
  if (holdsSomething(element)) hand.drafts.put(hand.values, block, element, value);
  if (isQuiet(block)) { hand.onChange?.(block, element, given(element, value)); return true; }
  hand.busy.add(key);
  hand.draw();
  try {
    tell(hand, key, await hand.onAct?.(block, element, holdsSomething(element) ? given(element, value) : value));
  } finally {
    hand.busy.delete(key);
    hand.draw();
  }
  return true;
}

function type(hand, block, element, text) {
  hand.drafts.put(hand.values, block, element, text, { typing: true });
  if (isQuiet(block)) hand.onChange?.(block, element, given(element, text));
  else if (triggers(element).includes("on_character_entered")) hand.onAct?.(block, element, given(element, text));
}

/** Whether Enter meant the app, and not the form. */
function enter(hand, block, element) {
  if (isQuiet(block) || !triggers(element).includes("on_enter_pressed")) return false;
  hand.onAct?.(block, element, given(element, hand.drafts.value(hand.values, block, element)));
  return true;
}

const isQuiet = (block) => block.type === "input" && !block.dispatch_action;
const triggers = (element) => element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];

/** Slack shows a warning beside what did not work. */
function tell({ setTroubles }, key, answer) {
  const heard = answer?.result;
  const text = answer?.ok === false ? answer.error : TROUBLE[heard?.outcome] ?? heard?.trouble ?? "";
  setTroubles((before) => ({ ...before, [key]: text }));
}

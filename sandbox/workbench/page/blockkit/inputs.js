// Elements that are typed into.
import { html } from "../vendor/ui.js";
import { useDesk } from "./desk.js";
import { lengthOf, mostOf } from "./values.js";

const MODES = { email_text_input: "email", url_text_input: "url", number_input: "decimal" };
const NEAR = 0.8; // of the limit: from there on it is said how much is left

export function TextInput({ block, element, control }) {
  const desk = useDesk();
  const text = String(desk.value(block, element) ?? "");
  const onKeyDown = (event) => {
    if (event.key === "Enter" && !event.isComposing && !element.multiline && desk.enter(block, element)) event.preventDefault();
  };
  const shared = {
    id: control.id, ...control.aria, value: text, placeholder: element.placeholder?.text, disabled: desk.disabled, autocomplete: "off",
    class: `bk-input ${control.invalid ? "bk-invalid" : ""}`, "data-focus": element.focus_on_load ? "" : undefined, onKeyDown,
    onInput: (event) => desk.type(block, element, event.currentTarget.value), onBlur: () => desk.leave(block, element),
  };
  return html`<div class="bk-typed">
    ${element.multiline ? html`<textarea rows="3" ...${shared}></textarea>`
    : html`<input type="text" inputmode=${MODES[element.type] ?? "text"} ...${shared} />`}
    <${Left} element=${element} length=${lengthOf(text)} />
  </div>`;
}

function Left({ element, length }) {
  if (!element.max_length && element.type !== "plain_text_input") return null;
  const left = mostOf(element) - length;
  const shown = length > 0 && length >= mostOf(element) * NEAR;
  return html`<span class=${`bk-left ${left < 0 ? "bk-left-over" : ""}`} role="status" hidden=${!shown}>
    ${shown && html`${left}<span class="sr-only"> characters left</span>`}</span>`;
}

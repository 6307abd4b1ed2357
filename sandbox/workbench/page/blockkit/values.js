// What elements hold. In here a value is: text, an option object, an id, a number, or a list of options or ids; null and
// [] are empty. `held` is how the wire says it (state.values), `given` how a gesture says it (an option's value).

const WRITTEN = ["plain_text_input", "email_text_input", "url_text_input", "number_input"];
const HOLDS = {
  ...Object.fromEntries(WRITTEN.map((kind) => [kind, ["value", "initial_value"]])),
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  multi_static_select: ["selected_options", "initial_options"],
  multi_external_select: ["selected_options", "initial_options"],
  checkboxes: ["selected_options", "initial_options"],
  users_select: ["selected_user", "initial_user"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  channels_select: ["selected_channel", "initial_channel"],
  multi_users_select: ["selected_users", "initial_users"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  multi_channels_select: ["selected_channels", "initial_channels"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
};
const LONGEST = 3000;
const SHAPES = {
  email_text_input: [/^[^@\s]+@[^@\s]+\.[^@\s]+$/, "Please enter a valid email address."],
  url_text_input: [/^https?:\/\/\S+$/, "Please enter a valid URL."],
  number_input: [/^-?\d+(\.\d+)?$/, "Please enter a valid number."],
};

export const isMany = (element) => element.type.startsWith("multi_") || element.type === "checkboxes";
export const isWritten = (element) => WRITTEN.includes(element.type);
export const holdsSomething = (element) => Object.hasOwn(HOLDS, element.type);
export const keyOf = (block, element) => `${block.block_id ?? ""}/${element.action_id ?? ""}`;
export const lengthOf = (text) => [...(text ?? "")].length;
export const mostOf = (element) => element.max_length ?? LONGEST;

/** What state.values says of the element; undefined where it says nothing. */
export function heldIn(values, block, element) {
  const held = values?.[block.block_id]?.[element.action_id];
  return held?.type === element.type ? held[HOLDS[element.type]?.[0]] : undefined;
}

export const initialOf = (element) => element[HOLDS[element.type]?.[1]] ?? (isMany(element) ? [] : null);

/** As a gesture says it; null empties. */
export function given(element, value) {
  if (isMany(element)) return (value ?? []).map((one) => plain(one));
  return value === "" || value === undefined ? null : plain(value);
}

const plain = (one) => (one !== null && typeof one === "object" ? one.value : one);

/** Why the client would not let this go, or "". */
export function complaint(element, value) {
  if (!isWritten(element) || !value) return "";
  const length = lengthOf(value);
  if (length > mostOf(element)) return `Please use ${mostOf(element)} characters or fewer (now ${length}).`;
  if (length < (element.min_length ?? 0)) return `Please use at least ${element.min_length} characters.`;
  const [pattern, words] = SHAPES[element.type] ?? [];
  if (pattern && !pattern.test(value)) return words;
  return element.type === "number_input" ? wrongNumber(element, Number(value)) : "";
}

function wrongNumber(element, number) {
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Please enter a whole number.";
  if (element.min_value !== undefined && number < Number(element.min_value)) return `Please enter ${element.min_value} or more.`;
  if (element.max_value !== undefined && number > Number(element.max_value)) return `Please enter ${element.max_value} or less.`;
  return "";
}

/** Every element that can be used, with its block. */
export function elementsOf(blocks) {
  return (blocks ?? []).flatMap((block) => elementsIn(block).filter((element) => element?.type).map((element) => [block, element]));
}

function elementsIn(block) {
  if (block.type === "actions") return block.elements ?? [];
  if (block.type === "input") return [block.element];
  return block.accessory?.type === "image" ? [] : [block.accessory];
}

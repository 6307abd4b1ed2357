// What the rest of the page uses of the Block Kit.
export { Blocks } from "./blocks.js";
export { HomeTab } from "./home.js";
export { Modal } from "./modal.js";
export { Emoji, MessageText, TextLine } from "./words.js";

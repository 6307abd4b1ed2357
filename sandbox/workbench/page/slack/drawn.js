// What the block renderer draws for us, and texts outside of blocks.
import { html, memo, useMemo } from "../vendor/ui.js";
import { parse } from "../blockkit/text.js";
import { isJumbo, Nodes } from "../blockkit/words.js";
import { emojiOf } from "../store.js";

export { Blocks, HomeTab, Modal } from "../blockkit/index.js";

/** A text as people write it. It is read once: a log has hundreds. `signs`: whether the table of emoji is there. */
export const Words = memo(function Words({ text, signs, after = null }) {
  const nodes = useMemo(() => parse(text, { emoji: emojiOf, links: true }), [text, signs]);
  return html`<div class="bk-text ${isJumbo(nodes) ? "bk-jumbo" : ""}"><${Nodes} nodes=${nodes} />${after}</div>`;
});

// The rich_text block. Its texts are letters: no mrkdwn, no entities, no :emoji:.
import { html } from "../vendor/ui.js";
import { emojiOf, useStore } from "../store.js";
import { Unknown } from "./unknown.js";
import { safeUrl, toned } from "./text.js";
import { ChannelMention, Emoji, Link, Moment, UserMention } from "./words.js";

const ORDERED = ["decimal", "lower-alpha", "lower-roman"]; // by indent, over and over; bullets likewise
const BULLETS = ["disc", "circle", "square"];
const JUMBO_MOST = 23;

export function RichText({ block }) {
  useStore();
  const parts = block.elements ?? [];
  return html`<div class=${`bk-text bk-rich ${jumbo(parts) ? "bk-jumbo" : ""}`}>
    ${parts.map((part, at) => html`<${Part} key=${at} part=${part} />`)}</div>`;
}

function jumbo(parts) {
  const elements = parts.flatMap((part) => (part.type === "rich_text_section" ? part.elements ?? [] : [{ type: "block" }]));
  const signs = elements.filter((one) => one.type === "emoji");
  return signs.length > 0 && signs.length <= JUMBO_MOST
    && elements.every((one) => one.type === "emoji" || (one.type === "text" && !one.text.trim()));
}

function Part({ part }) {
  const draw = Object.hasOwn(PARTS, part.type) ? PARTS[part.type] : null;
  return draw ? draw(part) : html`<${Unknown} what="rich text" json=${part} />`;
}

const border = (part) => (part.border ? "bk-bordered" : "");
const PARTS = {
  rich_text_section: (part) => html`<div><${Run} elements=${part.elements} /></div>`,
  rich_text_quote: (part) => html`<blockquote class="bk-quote"><${Run} elements=${part.elements} /></blockquote>`,
  rich_text_preformatted: (part) => html`<pre class="bk-pre"><${Run} elements=${part.elements} /></pre>`,
  rich_text_list: (part) => html`<${List} part=${part} />`,
};

function List({ part }) {
  const ordered = part.style === "ordered";
  const indent = Math.min(Math.max(Number(part.indent) || 0, 0), 8);
  const kind = (ordered ? ORDERED : BULLETS)[indent % 3];
  const kids = (part.elements ?? []).map((one, at) => html`<li key=${at}><${Run} elements=${one.elements} /></li>`);
  const looks = `bk-list bk-indent-${indent} bk-list-${kind} ${border(part)}`;
  return ordered ? html`<ol class=${looks} start=${(Number(part.offset) || 0) + 1}>${kids}</ol>` : html`<ul class=${looks}>${kids}</ul>`;
}

function Run({ elements }) {
  return (elements ?? []).map((one, at) => html`<${Styled} key=${at} style=${one.style}><${Inline} one=${one} /><//>`);
}

function Styled({ style, children }) {
  let made = children;
  if (style?.code) made = html`<code class="bk-code">${made}</code>`;
  if (style?.underline) made = html`<u>${made}</u>`;
  if (style?.strike) made = html`<s>${made}</s>`;
  if (style?.italic) made = html`<i>${made}</i>`;
  if (style?.bold) made = html`<b>${made}</b>`;
  return style?.highlight || style?.client_highlight ? html`<mark class="bk-highlight">${made}</mark>` : made;
}

function Inline({ one }) {
  const draw = Object.hasOwn(INLINE, one.type) ? INLINE[one.type] : null;
  return draw ? draw(one) : html`<${Unknown} what="rich text element" json=${one} inline />`;
}

const INLINE = {
  text: (one) => one.text,
  link: (one) => {
    const href = safeUrl(one.url);
    return href ? html`<${Link} href=${href}>${one.text || one.url}<//>` : `${one.text || ""}${one.text ? ` (${one.url})` : one.url}`;
  },
  user: (one) => html`<${UserMention} id=${one.user_id} />`,
  channel: (one) => html`<${ChannelMention} id=${one.channel_id} />`,
  usergroup: (one) => html`<span class="bk-mention">@${one.usergroup_id}</span>`,
  broadcast: (one) => html`<span class="bk-mention bk-mention-all">@${one.range}</span>`,
  emoji: (one) => html`<${RichEmoji} one=${one} />`,
  date: (one) => html`<${Moment} ts=${one.timestamp} format=${one.format} href=${one.url} fallback=${one.fallback} />`,
  color: (one) => html`<${Color} value=${one.value} />`,
};

function RichEmoji({ one }) {
  const sign = fromCodes(one.unicode) ?? emojiOf(one.name);
  if (typeof sign !== "string") return `:${one.name}:`;
  const tone = one.unicode ? null : toned(sign, one.skin_tone);
  return html`<${Emoji} name=${one.name} sign=${tone ?? sign} />`;
}

/** "1f44b-1f3fd" → the character. */
function fromCodes(codes) {
  if (!/^[0-9a-f]{2,6}(-[0-9a-f]{2,6})*$/i.test(codes ?? "")) return null;
  try {
    return String.fromCodePoint(...codes.split("-").map((code) => parseInt(code, 16)));
  } catch {
    return null;
  }
}

function Color({ value }) {
  const color = /^#[0-9a-f]{3,8}$/i.test(value) ? value : null;
  return html`<span class="bk-color">${value}${color && html` <span class="bk-swatch" aria-hidden="true" style=${{ background: color }}></span>`}</span>`;
}

// Texts drawn: mrkdwn, plain_text, and whom and what they mention.
import { html } from "../vendor/ui.js";
import { useHere } from "../here.js";
import { emojiOf, item, useStore } from "../store.js";
import { shownDate } from "./dates.js";
import { parse, parsePlain, safeUrl } from "./text.js";

const JUMBO_MOST = 23; // a message of so many emoji, and nothing else, is drawn large

/** One text: mrkdwn, or letters and emoji (`plain`). `typed`: by a person, so that bare addresses are links. */
export function TextLine({ text, plain = false, typed = false, emoji = true }) {
  useStore();
  if (plain) return html`<${Nodes} nodes=${emoji ? parsePlain(text, { emoji: emojiOf }) : [{ t: "text", text: String(text ?? "") }]} />`;
  return html`<${Nodes} nodes=${parse(text, { emoji: emojiOf, links: typed, nameOf })} />`;
}

/** A message that has no blocks. */
export function MessageText({ text, typed = true }) {
  useStore();
  const nodes = parse(text, { emoji: emojiOf, links: typed, nameOf });
  return html`<div class=${`bk-text ${isJumbo(nodes) ? "bk-jumbo" : ""}`}><${Nodes} nodes=${nodes} /></div>`;
}

/** A text object of Block Kit: {type: "plain_text" | "mrkdwn", text}. */
export function TextObject({ object }) {
  if (object?.type === "plain_text") return html`<${TextLine} text=${object.text} plain emoji=${object.emoji !== false} />`;
  if (object?.type === "mrkdwn") return html`<${TextLine} text=${object.text} typed=${object.verbatim !== true} />`;
  return html`<span class="bk-error bk-error-inline" role="note">Unknown text: ${String(object?.type)}</span>`;
}

export function isJumbo(nodes) {
  const signs = nodes.filter((node) => node.t === "emoji");
  const rest = nodes.filter((node) => node.t !== "emoji");
  return signs.length > 0 && signs.length <= JUMBO_MOST && rest.every((node) => node.t === "text" && !node.text.trim());
}

export function Nodes({ nodes }) { return nodes.map((node, at) => html`<${Node} key=${at} node=${node} />`); }

const DRAWN = {
  text: ({ node }) => node.text,
  bold: ({ node }) => html`<b><${Nodes} nodes=${node.kids} /></b>`,
  italic: ({ node }) => html`<i><${Nodes} nodes=${node.kids} /></i>`,
  strike: ({ node }) => html`<s><${Nodes} nodes=${node.kids} /></s>`,
  quote: ({ node }) => html`<blockquote class="bk-quote"><${Nodes} nodes=${node.kids} /></blockquote>`,
  code: ({ node }) => html`<code class="bk-code">${node.text}</code>`,
  pre: ({ node }) => html`<pre class="bk-pre">${node.text}</pre>`,
  link: ({ node }) => html`<${Link} href=${node.href}><${Nodes} nodes=${node.kids} /><//>`,
  emoji: ({ node }) => html`<${Emoji} name=${node.name} sign=${node.sign} />`,
  user: ({ node }) => html`<${UserMention} id=${node.id} label=${node.label} />`,
  channel: ({ node }) => html`<${ChannelMention} id=${node.id} label=${node.label} />`,
  group: ({ node }) => html`<span class="bk-mention">${node.label || `@${node.id}`}</span>`,
  broadcast: ({ node }) => html`<span class="bk-mention bk-mention-all">@${node.range}</span>`,
  date: ({ node }) => html`<${Moment} ...${node} />`,
};

function Node({ node }) { return DRAWN[node.t]({ node }); }

export function Link({ href, children }) {
  return html`<a href=${href} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

export function Emoji({ name, sign }) {
  return html`<span class="bk-emoji" role="img" aria-label=${`${name.replaceAll("_", " ")} emoji`} title=${`:${name}:`}>${sign}</span>`;
}

/** As letters, where nothing may be drawn: in code. */
function nameOf({ t, id, label }) {
  if (t === "channel") return `#${item("slack.rooms", id)?.name || label || id}`;
  const person = item("slack.people", id);
  return `@${person?.shown || person?.real_name || label || id}`.replace(/^@@/, "@");
}

/** Who is looking is drawn louder. */
export function UserMention({ id, label }) {
  useStore();
  const { me } = useHere();
  const shown = nameOf({ t: "user", id, label });
  return html`<span class=${`bk-mention ${id === me ? "bk-mention-me" : ""}`} title=${id}>${shown}</span>`;
}

export function ChannelMention({ id, label }) {
  useStore();
  return html`<span class="bk-mention" title=${id}>${nameOf({ t: "channel", id, label })}</span>`;
}

export function Moment({ ts, format, href, fallback }) {
  const at = new Date(ts * 1000);
  if (Number.isNaN(at.getTime())) return fallback || format;
  const shown = shownDate(ts, format) ?? (fallback || format);
  const made = html`<time datetime=${at.toISOString()} title=${at.toLocaleString()}>${shown}</time>`;
  return href && safeUrl(href) ? html`<${Link} href=${href}>${made}<//>` : made;
}

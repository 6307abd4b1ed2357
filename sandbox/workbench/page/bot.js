// The bot between the two: does it run, kill it, start it, and what it says.
import { html, useLayoutEffect, useRef, useState } from "./vendor/ui.js";
import { act } from "./act.js";
import { Copy } from "./evo/copy.js";
import { useItem } from "./store.js";

const WORDS = { running: "runs", starting: "starts …", stopped: "is stopped" };
const SIGKILL = 9;
const NEAR = 30; // pixels from the end that still count as "at the end"

export function BotSwitch() {
  const bot = useItem("bot", "bot");
  const [busy, work] = useState(false);
  if (!bot) return null;
  const change = (verb) => async () => { work(true); await act("bot", verb); work(false); };
  const stopped = bot.state === "stopped";
  return html`<section class="pl-bot" aria-label="The bot" data-state=${bot.state}>
    <span class="pl-dot" aria-hidden="true"></span>
    <span class="pl-bot-words" role="status" title=${sinceWhen(bot)}>
      Bot ${WORDS[bot.state] ?? bot.state}${detail(bot)}</span>
    ${stopped ? html`<button class="button" disabled=${busy} onClick=${change("start")}>Start</button>`
      : html`<button class="button pl-kill" onClick=${change("kill")}>Kill -9</button>`}
    <button class="button" popovertarget="pl-log">Log</button>
    <${Log} />
  </section>`;
}

function detail({ state, pid, ended }) {
  if (state === "stopped") return ended === null ? "" : ended === -SIGKILL ? " (killed)" : ` (exit code ${ended})`;
  return pid ? html` <span class="pl-pid">pid ${pid}</span>` : "";
}

const sinceWhen = (bot) => (bot.since ? `since ${new Date(bot.since * 1000).toLocaleTimeString("en-GB")}` : "");

function Log() {
  const lines = useItem("bot", "log")?.lines ?? [];
  const box = useRef();
  const there = useRef(true);
  const toEnd = () => { box.current.scrollTop = box.current.scrollHeight; };
  useLayoutEffect(() => { if (there.current) toEnd(); }, [lines]);
  const scrolled = ({ target }) => {
    there.current = target.scrollHeight - target.scrollTop - target.clientHeight < NEAR;
  };
  return html`<div id="pl-log" class="pl-log" popover="auto" role="dialog" aria-label="The bot's log"
    onToggle=${() => there.current && toEnd()}>
    <header><h2>The bot's log</h2><${Copy} text=${() => lines.join("\n")} what="the log" />
      <button class="icon-button" popovertarget="pl-log" popovertargetaction="hide" aria-label="Close">×</button>
    </header>
    <pre tabindex="0" ref=${box} onScroll=${scrolled}>${lines.join("\n") || "It has said nothing yet."}</pre>
  </div>`;
}

// The page: a small Slack on the left, a small Evo Voice on the right, the wire below, the play above.
import { html, render, useEffect } from "./vendor/ui.js";
import { BotSwitch } from "./bot.js";
import { EvoPane } from "./evo/pane.js";
import { go, here, useHere } from "./here.js";
import { PlayBar } from "./play.js";
import { SlackPane } from "./slack/pane.js";
import { start, useConnection, useItem } from "./store.js";
import { Toasts } from "./toast.js";
import { WirePane } from "./wire.js";

const TABS = [["slack", "Slack"], ["evo", "Evo Voice"], ["wire", "Wire"]];

function App() {
  const now = useHere();
  useFollow();
  return html`
    <header class="top">
      <h1 class="top-name">Workbench <span class="top-sub">the real bot between two stand-ins</span></h1>
      <${PlayBar} />
      <${BotSwitch} />
      <${Theme} />
    </header>
    <${Connection} />
    <main class="panes" data-tab=${now.tab}>
      <section class="pane pane-slack" aria-label="Slack"><${SlackPane} /></section>
      <section class="pane pane-evo" aria-label="Evo Voice"><${EvoPane} /></section>
      <section class="pane pane-wire" aria-label="Wire"><${WirePane} /></section>
    </main>
    <nav class="tabs" aria-label="Panes">
      ${TABS.map(([id, name]) => html`<button key=${id} class="tab" aria-current=${now.tab === id ? "page" : undefined}
        onClick=${() => go({ tab: id })}>${name}</button>`)}
    </nav>
    <${Toasts} />`;
}

/** While the play goes on, look through the eyes of whoever acts, unless this was switched off. */
function useFollow() {
  const play = useItem("play", "play");
  const scene = play && play.state !== "done" && play.state !== "none" ? `${play.actor}|${play.room}|${play.thread}` : "";
  useEffect(() => {
    if (!scene || here().follow !== "1" || !play.actor) return;
    go({ me: play.actor, room: play.room ?? here().room, thread: play.thread ?? "" });
  }, [scene]);
}

function Connection() {
  const state = useConnection();
  if (state !== "lost") return null;
  return html`<p class="lost" role="alert">The workbench has ended, or cannot be reached. What you see is how it was.</p>`;
}

function Theme() {
  const next = () => {
    const dark = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.documentElement.dataset.theme = dark === "dark" ? "light" : "dark";
  };
  return html`<button class="icon-button" aria-label="Light or dark" title="Light or dark" onClick=${next}>◐</button>`;
}

const root = document.getElementById("root");
root.replaceChildren();
start();
render(html`<${App} />`, root);

// The app's own place: its Home tab, and the way to its messages.
import { html, useEffect } from "../vendor/ui.js";
import { act } from "../act.js";
import { go } from "../here.js";
import { HomeTab } from "./drawn.js";
import { Avatar, nameOf } from "./people.js";

/** `direct` is the room of the messages with the app; there is none before it was opened once. */
export function AppTabs({ at, tab, direct }) {
  const to = (place) => () => go({ thread: "", ...place });
  if (!at.app.home) return null;
  return html`<div class="sl-tabs" role="tablist" aria-label="App">
    <button type="button" role="tab" class="sl-tab" aria-selected=${String(tab === "home")}
      onClick=${to({ view: "home" })}>Home</button>
    <button type="button" role="tab" class="sl-tab" aria-selected=${String(tab === "messages")} disabled=${!direct}
      onClick=${direct && to({ view: "", room: direct.id })}>Messages</button></div>`;
}

export function Home({ at, direct, view, drawer }) {
  useEffect(() => {
    if (at.person) act("slack", "open_home", { user: at.me }, { quiet: true });
  }, [at.me, Boolean(at.person)]);
  const name = nameOf(at.app.bot_user, at);
  return html`<section class="sl-channel" aria-label=${name}>
    <header class="sl-header">${drawer}<h2 class="sl-title"><${Avatar} id=${at.app.bot_user} at=${at} size=${24} /><span
      class="sl-title-text">${name}</span></h2></header>
    <${AppTabs} at=${at} tab="home" direct=${direct} />
    <div class="sl-home" role="tabpanel" aria-label="Home">
      ${!at.app.home ? html`<div class="sl-empty"><p>This app has no Home tab.</p></div>` : view ? html`<${HomeTab} key=${at.me} user=${at.me} view=${view} />` : html`<div
        class="sl-empty"><p>The app has not drawn its Home yet.</p></div>`}
    </div>
  </section>`;
}

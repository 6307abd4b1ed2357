// A button that puts a text on the clipboard and says so.
import { html, useEffect, useState } from "../vendor/ui.js";
import { say } from "../toast.js";

const SAYS_SO_MS = 1500;

export function Copy({ text, what, label = "Copy" }) {
  const [done, set] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => set(false), SAYS_SO_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      set(true);
    } catch {
      say("The browser did not let us copy.");
    }
  };
  return html`<button type="button" class="button ev-copy" aria-label=${`Copy ${what}`} onClick=${copy}>
    <span aria-live="polite">${done ? "Copied" : label}</span></button>`;
}

// Where this window looks: kept in the address, so that a reload, a bookmark or a second window has it.
import { useEffect, useState } from "./vendor/ui.js";

const FIRST = { me: "U0ANNA0001", room: "C0SUPPORT1", thread: "", session: "", tab: "slack", view: "", follow: "1" };

export const here = () => ({ ...FIRST, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) });

/** Change some of it. `replace` leaves no step in the browser's history. */
export function go(changes, { replace = true } = {}) {
  const hash = `#${new URLSearchParams({ ...here(), ...changes })}`;
  if (hash === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash);
  dispatchEvent(new Event("hashchange"));
}

export function useHere() {
  const [now, set] = useState(here);
  useEffect(() => {
    const look = () => set(here());
    addEventListener("hashchange", look);
    look();
    return () => removeEventListener("hashchange", look);
  }, []);
  return now;
}

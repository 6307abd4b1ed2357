// Links to messages of this workspace lead there, as in Slack's own clients, and not to another tab.
import { go } from "../here.js";

const MESSAGE = /^\/archives\/(?<room>[A-Z0-9]+)\/p(?<seconds>\d+)(?<rest>\d{6})$/;

/** For clicks anywhere in the pane: what else hears of a press of a button has heard of it already. */
export function followInside(event, rooms) {
  const place = placeOf(event.target.closest?.("a[href]")?.href);
  if (!place || !rooms.has(place.room)) return;
  event.preventDefault();
  go({ ...place, view: "" }, { replace: false });
}

function placeOf(address) {
  const url = URL.canParse(address ?? "") ? new URL(address) : null;
  const found = url?.hostname.endsWith(".slack.com") ? MESSAGE.exec(url.pathname)?.groups : null;
  return found ? { room: found.room, thread: url.searchParams.get("thread_ts") ?? `${found.seconds}.${found.rest}` } : null;
}

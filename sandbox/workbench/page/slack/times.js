// A ts is seconds since 1970 with six decimals, and the message's name at the same time. Shown in the browser's zone.
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long",
  year: "numeric" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

const dateOf = (ts) => new Date(Number(ts) * 1000);
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

export const clockOf = (ts) => clock.format(dateOf(ts));
export const wholeOf = (ts) => whole.format(dateOf(ts));
export const dayKey = (ts) => midnight(dateOf(ts)).getTime();

/** Today, Yesterday, or the date. */
export function dayOf(ts, now = new Date()) {
  const date = dateOf(ts);
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}

/** “today at 14:05” */
export function momentOf(ts) {
  const name = dayOf(ts);
  return `${name === "Today" || name === "Yesterday" ? name.toLowerCase() : name} at ${clockOf(ts)}`;
}

/** Now, as a ts that comes after `last`. */
export function tsAfter(last) {
  const micro = Math.max(Date.now() * 1000, Math.round(Number(last || 0) * 1e6) + 1);
  return `${Math.floor(micro / 1e6)}.${String(micro % 1e6).padStart(6, "0")}`;
}

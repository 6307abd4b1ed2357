// <!date^…>: a moment in the reader's own time zone, in the words that the format asks for.

const DAY_MS = 86_400_000;
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const two = (number) => String(number).padStart(2, "0");

/** The format with its {tokens} filled in; null when one is unknown. `ts` in unix seconds, `now` in milliseconds. */
export function shownDate(ts, format, now = Date.now()) {
  const at = new Date(ts * 1000);
  if (Number.isNaN(at.getTime())) return null;
  let unknown = false;
  const shown = format.replace(/\{([a-z_]+)\}/g, (_, name) => {
    const draw = Object.hasOwn(TOKENS, name) ? TOKENS[name] : null;
    unknown ||= !draw;
    return draw ? draw(at, now) : "";
  });
  return unknown ? null : shown;
}

const TOKENS = {
  date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  date_slash: (at) => `${two(at.getMonth() + 1)}/${two(at.getDate())}/${at.getFullYear()}`,
  date: (at) => `${MONTHS[at.getMonth()]} ${ordinal(at.getDate())}, ${at.getFullYear()}`,
  date_short: (at) => `${MONTHS[at.getMonth()].slice(0, 3)} ${at.getDate()}, ${at.getFullYear()}`,
  date_long: (at) => `${DAYS[at.getDay()]}, ${TOKENS.date(at)}`,
  date_pretty: (at, now) => near(at, now) ?? TOKENS.date(at),
  date_short_pretty: (at, now) => near(at, now) ?? TOKENS.date_short(at),
  date_long_pretty: (at, now) => near(at, now) ?? TOKENS.date_long(at),
  day_divider_pretty: (at, now) => near(at, now) ?? `${DAYS[at.getDay()]}, ${MONTHS[at.getMonth()]} ${ordinal(at.getDate())}`,
  time: (at) => `${at.getHours() % 12 || 12}:${two(at.getMinutes())} ${half(at)}`,
  time_secs: (at) => `${at.getHours() % 12 || 12}:${two(at.getMinutes())}:${two(at.getSeconds())} ${half(at)}`,
  ago: (at, now) => ago(Math.round((now - at.getTime()) / 1000)),
};

const half = (at) => (at.getHours() < 12 ? "AM" : "PM");

function ordinal(day) {
  const teen = day >= 11 && day <= 13;
  return `${day}${teen ? "th" : ["th", "st", "nd", "rd"][day % 10] ?? "th"}`;
}

function near(at, now) {
  const days = Math.round((midnight(at) - midnight(new Date(now))) / DAY_MS);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? null;
}

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

function ago(seconds) {
  const [size, unit] = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]
    .find(([many]) => Math.abs(seconds) >= many) ?? [1, "second"];
  const count = Math.floor(Math.abs(seconds) / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

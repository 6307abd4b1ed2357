// Gestures: each is one POST; what it changes comes back through the feed.
import { say } from "./toast.js";

/** Never throws: {ok, result} or {ok: false, error}. An error is shown unless `quiet`. */
export async function act(side, verb, args = {}, { quiet = false } = {}) {
  const answer = await post(`/do/${side}/${verb}`, args);
  if (!answer.ok && !quiet) say(answer.error);
  return answer;
}

async function post(path, args) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(args) });
    return await answer.json();
  } catch {
    return { ok: false, error: "The workbench does not answer. Does `make demo` still run?" };
  }
}

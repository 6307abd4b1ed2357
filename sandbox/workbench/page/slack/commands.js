// Lines that begin with a slash: the app's commands, Slack's own /invite, and what Slack says when it cannot be.
import { act } from "../act.js";
import { commandsOf } from "./complete.js";
import { note } from "./local.js";
import { canAct, nameOf } from "./people.js";
import { encode } from "./typed.js";

/** Runs it. What goes wrong is said in the place, to this person only, as Slack does. */
export async function run({ command, rest }, { picks, at, thread, after }) {
  const tell = (text) => note({ me: at.me, room: at.room.id, thread, text, after });
  const known = commandsOf(at).find((one) => one.command === command.toLowerCase());
  if (!known) return tell(unknown(command));
  if (thread) return tell(`${command} is not supported in threads. Sorry!`);
  if (known.own) return invite(rest, picks, at, tell);
  const answer = await act("slack", "slash", { user: at.me, channel: at.room.id, command,
    text: encode(rest, picks), raw: true }, { quiet: true });
  if (!answer.ok) return tell(answer.error);
  if (answer.result.trouble) return tell(`${command} failed with the error "${answer.result.trouble}"`);
  return undefined;
}

const unknown = (command) => `${command} is not a valid command. `
  + "In Slack, all messages that start with the \"/\" character are interpreted as slash commands. "
  + "If you are trying to send a message and not run a slash command, try preceding the \"/\" with an empty space.";

async function invite(rest, picks, at, tell) {
  const people = named(rest, picks, at);
  if (!people.length) return tell("Sorry, we could not find anybody of that name. Try /invite @someone");
  for (const id of people) {
    if (at.room.members.includes(id)) tell(`${nameOf(id, at)} is already in this channel.`);
    else await act("slack", "join", { user: id, channel: at.room.id });
  }
  return undefined;
}

/** Those picked from the menu; else whoever is called what was typed. */
function named(rest, picks, at) {
  const picked = [...encode(rest, picks).matchAll(/<@([A-Z0-9]+)>/g)].map((found) => found[1]);
  if (picked.length) return picked;
  const wanted = rest.replace(/^@/, "").trim().toLowerCase();
  const called = (person) => [nameOf(person.id, at), person.name, person.real_name].map((name) => name.toLowerCase());
  const fits = (person) => called(person).some((name) => name === wanted || name.split(" ")[0] === wanted);
  const person = wanted && [...at.people.values()].find((one) => (canAct(one) || one.id === at.app.bot_user)
    && fits(one));
  return person ? [person.id] : [];
}

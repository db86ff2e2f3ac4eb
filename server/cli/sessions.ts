/** The command about the sessions of a user. */
import type { Session } from "../../db/sessions.ts";
import { endAllSessions, listLogins } from "../accounts/sessions.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, count } from "./command.ts";
import { done, list } from "./result.ts";
import { printTable } from "./table.ts";
import { unknownUser, userOf } from "./user.ts";

const run: Command["run"] = async (parts, login, { end }) => {
  if (end) {
    const ended = await endAllSessions(parts, login, OPERATOR);
    if (ended === undefined) throw unknownUser(login);
    return done({ login, ended }, `ended ${count(ended, "session")} of ${login}`);
  }
  const { id } = await userOf(parts, login);
  const found = (await listLogins(parts, id)).flatMap((one) => [one, ...one.opened]);
  return list([found.map(describe)], (one) => one, printSessions, `${login} has no active session`);
};

const printSessions = (sessions: readonly ReturnType<typeof describe>[]) =>
  printTable(
    ["id", "client", "login", "last use", "browser or program", "opened in"],
    sessions.map((one) => [
      one.id,
      one.client,
      one.createdAt,
      one.lastUsedAt,
      one.userAgent ?? "",
      one.openedIn,
    ]),
  );

/** Returns a session in the form that `--json` prints. */
const describe = ({ id, clientId, parentId, createdAtMs, lastUsedAtMs, userAgent }: Session) => ({
  id,
  client: clientId,
  createdAt: new Date(createdAtMs).toISOString(),
  lastUsedAt: new Date(lastUsedAtMs).toISOString(),
  userAgent,
  openedIn: parentId,
});

export const SESSIONS_COMMAND: Command = {
  name: "users sessions",
  usage: "users sessions LOGIN [--end]",
  help: `Lists the active sessions of a user, by email or username, the last used first: id, client, login, last use,
browser or program, and the session of the browser in which it was opened. With --end it ends all of them: at once, with
all their tokens.`,
  takesArgument: true,
  options: ["end"],
  run,
};

/** The commands about the sessions of a user. */
import type { Session } from "../../db/sessions.ts";
import { endAllSessions, listSessions } from "../accounts/sessions.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, Refused } from "./command.ts";

const list: Command["run"] = async (parts, login, { json }) => {
  const found = await listSessions(parts, login);
  if (!found) throw new Refused(`unknown user ${login}`);
  const sessions = found.map(describe);
  if (json) return console.log(JSON.stringify(sessions));
  // Goes to stderr, because scripts read stdout.
  if (sessions.length === 0) console.error(`${login} has no active session`);
  for (const { id, client, createdAt, lastUsedAt, userAgent } of sessions) {
    // The browser or program chose this text: it must not control the terminal.
    const agent = userAgent?.replace(/\p{Cc}/gu, "?") ?? "";
    console.log([id, client, createdAt, lastUsedAt, agent].join("\t"));
  }
};

/** Returns a session in the form that `--json` prints. */
const describe = ({ id, clientId, createdAtMs, lastUsedAtMs, userAgent }: Session) => ({
  id,
  client: clientId,
  createdAt: new Date(createdAtMs).toISOString(),
  lastUsedAt: new Date(lastUsedAtMs).toISOString(),
  userAgent,
});

const end: Command["run"] = async (parts, login, { json }) => {
  const ended = await endAllSessions(parts, login, OPERATOR);
  if (ended === undefined) throw new Refused(`unknown user ${login}`);
  console.log(json ? JSON.stringify({ ended }) : `ended ${ended} sessions of ${login}`);
};

export const SESSION_COMMANDS: readonly Command[] = [
  {
    name: "sessions list",
    usage: "sessions list LOGIN [--json]",
    help: `Lists the active sessions of a user, by email or username, the last used first:
id, client, login, last use, browser or program.`,
    takesArgument: true,
    options: ["json"],
    run: list,
  },
  {
    name: "sessions end",
    usage: "sessions end LOGIN [--json]",
    help: "Ends all sessions of a user, by email or username: at once, with all their tokens.",
    takesArgument: true,
    options: ["json"],
    run: end,
  },
];

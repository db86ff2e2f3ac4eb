/** The commands about users. */

import { z } from "zod";
import type { User } from "../../db/users.ts";
import { type App, listApps } from "../accounts/apps.ts";
import { setDisabled } from "../accounts/disable.ts";
import { type FieldErrors, fieldError, inputErrorsOf } from "../accounts/field-errors.ts";
import { Email, FullName, Username } from "../accounts/identity.ts";
import { removeAccount, setPassword } from "../accounts/operators.ts";
import { addAccount } from "../accounts/register.ts";
import { readHash, schemeOf } from "../accounts/stored-hash.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, limitOf, Misused, Refused } from "./command.ts";
import { withPasswords } from "./passwords.ts";
import { done, list } from "./result.ts";
import { ask, readNewPassword } from "./secret-input.ts";
import { printFacts, printTable } from "./table.ts";
import { timeOf, unknownUser, userOf, usersOf } from "./user.ts";

/** How many users are listed by default. */
const DEFAULT_LIMIT = "100";

/** A user in the form that `--json` prints. */
const describe = (user: User) => ({
  id: user.id,
  email: user.email,
  emailVerifiedAt: timeOf(user.emailVerifiedAtMs),
  username: user.username,
  fullName: user.fullName,
  disabled: user.disabled,
  createdAt: timeOf(user.createdAtMs),
});

const NewAccount = z.object({
  email: Email,
  username: Username.optional(),
  fullName: FullName.optional(),
});

const OPTION_OF: Record<string, string> = {
  email: "EMAIL",
  username: "--username",
  fullName: "--full-name",
};

const sayFields = (fields: FieldErrors) =>
  Object.entries(fields)
    .map(([field, { message }]) => `${OPTION_OF[field] ?? field}: ${message}`)
    .join("\n");

const add: Command["run"] = async (parts, email, { username, "full-name": fullName }) => {
  const parsed = NewAccount.safeParse({ email, username, fullName });
  if (!parsed.success) throw new Refused(sayFields(inputErrorsOf(parsed.error)));
  const password = await readNewPassword();
  const added = await withPasswords((passwords) =>
    addAccount({ ...parts, passwords }, { ...parsed.data, password }, OPERATOR),
  );
  switch (added.is) {
    case "registered":
      return done(added.user, `added ${added.user.email}`);
    case "taken":
      throw new Refused(sayFields({ [added.field]: fieldError("taken") }));
    case "weak_password":
      throw new Refused(`password: ${added.error.message}`);
    case "busy":
      throw new Refused("this machine is busy; try again");
  }
};

const listUsers: Command["run"] = async ({ db }, _, { limit = DEFAULT_LIMIT }) =>
  list(usersOf(db, limitOf(limit)), describe, printUsers);

const printUsers = (users: readonly User[]) =>
  printTable(
    ["id", "email", "username", "state", "created"],
    users.map((user) => [
      user.id,
      user.email,
      user.username,
      user.disabled ? "disabled" : "active",
      timeOf(user.createdAtMs),
    ]),
  );

const show: Command["run"] = async (parts, login) => {
  const { db, now } = parts;
  const user = await userOf(parts, login);
  const sessions = (await db.sessions.list(user.id, now())).length;
  const apps = (await listApps(parts, user.id)).map(describeApp);
  const facts = { ...describe(user), passwordHash: hashNameOf(user), sessions, apps };
  return done(facts, () =>
    printFacts({
      ...facts,
      disabled: facts.disabled ? "yes" : "no",
      apps: apps.map(({ client, scopes }) => [client, ...scopes].join(" ")).join(", "),
    }),
  );
};

/** An app of a user in the form that `--json` prints. */
const describeApp = ({ clientId, scopes, grantedAtMs, sessions }: App) => ({
  client: clientId,
  scopes,
  grantedAt: timeOf(grantedAtMs),
  sessions,
});

/** What made the password hash, as far as it says so. */
function hashNameOf({ passwordHash }: User): string {
  const read = readHash(passwordHash);
  if (!read) return `${schemeOf(passwordHash)}, which cannot be read: set a password`;
  return read.is === "bcrypt" ? `bcrypt, cost ${read.cost}` : read.derived.recipe.scheme;
}

const change = (disabled: boolean): Command["run"] =>
  async function changeUser(parts, login) {
    if (!(await setDisabled(parts, login, disabled, OPERATOR))) throw unknownUser(login);
    return done({ login, disabled }, `${disabled ? "disabled" : "enabled"} ${login}`);
  };

const changePassword: Command["run"] = async (parts, login) => {
  await userOf(parts, login);
  const password = await readNewPassword();
  const result = await withPasswords((passwords) =>
    setPassword({ ...parts, passwords }, login, password, OPERATOR),
  );
  switch (result.is) {
    case "set":
      return done(
        { login, passwordSet: true },
        `set the password of ${login} and ended its sessions`,
      );
    case "weak_password":
      throw new Refused(`password: ${result.error.message}`);
    case "busy":
      throw new Refused("this machine is busy; try again");
    case "unknown":
      throw unknownUser(login);
  }
};

const remove: Command["run"] = async (parts, login, { yes }) => {
  const user = await userOf(parts, login);
  if (!yes && !process.stdin.isTTY) throw new Misused("users delete: --yes is missing");
  if (!yes && (await ask(`Type ${user.email} to delete this account: `)) !== user.email)
    throw new Refused("nothing was deleted");
  if (!(await removeAccount(parts, login, OPERATOR))) throw unknownUser(login);
  return done({ login, deleted: true }, `deleted ${login}`);
};

export const USER_COMMANDS: readonly Command[] = [
  {
    name: "users add",
    usage: "users add EMAIL [--username NAME] [--full-name NAME]",
    help: `Adds an account, also if registration is closed. The password is asked for on a terminal, and otherwise read
from standard input.`,
    takesArgument: true,
    options: ["username", "full-name"],
    run: add,
  },
  {
    name: "users list",
    usage: "users list [--limit NUMBER]",
    help: `Lists the accounts, the oldest first: id, email, username, state, created. It lists ${DEFAULT_LIMIT}, or as many as --limit
says.`,
    takesArgument: false,
    options: ["limit"],
    run: listUsers,
  },
  {
    name: "users show",
    usage: "users show LOGIN",
    help: `Shows an account, by email or username, with the scheme of its password hash, the number of its sessions, and the
applications that may use it, each with the scopes that its user has agreed to.`,
    takesArgument: true,
    run: show,
  },
  {
    name: "users disable",
    usage: "users disable LOGIN",
    help: "Disables an account, by email or username: at once, with all its tokens.",
    takesArgument: true,
    run: change(true),
  },
  {
    name: "users enable",
    usage: "users enable LOGIN",
    help: "Enables a disabled account. Its earlier sessions stay ended.",
    takesArgument: true,
    run: change(false),
  },
  {
    name: "users set-password",
    usage: "users set-password LOGIN",
    help: `Sets the password of an account and ends all its sessions. The password is asked for on a terminal, and
otherwise read from standard input.`,
    takesArgument: true,
    run: changePassword,
  },
  {
    name: "users delete",
    usage: "users delete LOGIN [--yes]",
    help: `Deletes an account with everything that belongs to it. Its events stay in the audit log. Without --yes it asks
first, on a terminal.`,
    takesArgument: true,
    options: ["yes"],
    run: remove,
  },
];

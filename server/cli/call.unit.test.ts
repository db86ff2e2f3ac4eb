import { describe, expect, test } from "vitest";
import { AUDIT_COMMAND } from "./audit.ts";
import { BACKUP_COMMAND } from "./backup.ts";
import { parseCall } from "./call.ts";
import { Misused } from "./command.ts";
import { COMMANDS } from "./commands.ts";

const NAMES = COMMANDS.map(({ name }) => name);
const call = (line: string) => parseCall(line.split(" ").filter(Boolean), COMMANDS);
/** Returns the names of the commands that the help text explains. */
const explained = (line: string) => {
  const parsed = call(line);
  const text = parsed.is === "help" ? parsed.text : "";
  return NAMES.filter((name) => text.includes(`\n  ${name}`));
};

describe.each(["-h", "--help"])("%s", (flag) => {
  test.each(NAMES)("explains %s, with or without an argument", (name) => {
    expect(explained(`${name} ${flag}`)).toEqual([name]);
    expect(explained(`${flag} ${name} x`)).toEqual([name]);
  });

  test("explains all commands, or the commands of one group", () => {
    expect(explained(flag)).toEqual(NAMES);
    expect(explained(`keys ${flag}`)).toEqual(["keys list", "keys new"]);
  });
});

test.each(["", ...NAMES, "nonsense"])("%j with --version asks for the version", (name) => {
  expect(call(`${name} --version`)).toEqual({ is: "version" });
});

test.each(NAMES)("%s rejects what it does not know, as an invalid command line", (name) => {
  for (const rest of ["x y z", "x --colour", "--end --public --yes"])
    expect(() => call(`${name} ${rest}`)).toThrow(Misused);
});

test("a command is parsed with its argument and options", () => {
  expect(call("clients add x --grants a --grants b,c --scopes me --public")).toMatchObject({
    is: "command",
    command: { name: "clients add" },
    argument: "x",
    options: { grants: ["a", "b,c"], scopes: ["me"], public: true },
  });
  expect(call("clients list")).toMatchObject({ is: "command", argument: "" });
  expect(call("audit --type a --type b,c --since 7d --json")).toMatchObject({
    command: AUDIT_COMMAND,
    argument: "",
    options: { type: ["a", "b,c"], since: "7d" },
    isJson: true,
  });
  expect(call("keys new")).toMatchObject({ argument: "" });
  expect(call("keys new a.pem")).toMatchObject({ argument: "a.pem" });
  expect(call("backup x.db")).toMatchObject({ command: BACKUP_COMMAND, argument: "x.db" });
});

test.each([
  [["clients", "list", ""], /^clients list: "" is one argument too many$/],
  [["clients", "remove", "a", ""], /^clients remove: "" is one argument too many$/],
  [["clients", "remove", ""], /^clients remove: ID is missing$/],
  // Without a file, it would print a secret.
  [["keys", "new", ""], /^keys new: FILE is missing$/],
])("%j is rejected because of the empty argument", (args, why) => {
  expect(() => parseCall(args, COMMANDS)).toThrow(why);
});

test.each([
  ["", /^name a command$/],
  ["nonsense", /^unknown command nonsense: the commands are serve, migrate, /],
  ["nonsense --help", /^unknown command nonsense: /],
  [
    "clients",
    /^unknown command clients: the commands are clients add, clients list, .*clients remove$/m,
  ],
  ["clients ad x", /^unknown command clients ad x: did you mean clients add\?$/m],
  ["users ban x", /^unknown command users ban x: the commands are users add, users list, .*$/m],
  ["clients add", /^clients add: ID is missing$/],
  ["users disable", /^users disable: LOGIN is missing$/],
  ["clients list more", /^clients list: more is one argument too many$/],
  ["clients remove a b", /^clients remove: b is one argument too many$/],
  ["clients remove a --public", /^clients remove: --public is not an option of this command$/],
  ["audit x", /^audit: x is one argument too many$/],
  ["keys new a b", /^keys new: b is one argument too many$/],
  ["clients list --colour", /^Unknown option '--colour'/],
  ["clients list --since 7d", /^clients list: --since is not an option of this command$/],
  ["serve --json", /^serve: --json is not an option of this command$/],
])("%j is rejected, and the error names the problem", (line, why) => {
  expect(() => call(line)).toThrow(Misused);
  expect(() => call(line)).toThrow(why);
});

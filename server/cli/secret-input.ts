/** Reads a password: from a prompt that does not show it, or from standard input. Never from an argument, which others see. */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Refused } from "./command.ts";

/** A password is at most a few hundred characters. */
const MAX_INPUT = 10_000;

/** Reads a new password. On a terminal it is asked for twice. @throws {Refused} if the two differ, or there is none */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readInput();
  const password = await ask("New password: ", { isSecret: true });
  if ((await ask("Again: ", { isSecret: true })) !== password)
    throw new Refused("the two passwords differ");
  return password;
}

/** All of standard input, without the line end after it. */
async function readInput(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_INPUT) throw new Refused("standard input is too long for a password");
  }
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw new Refused("there is no password on standard input");
  return password;
}

/** Asks a question on the terminal. Standard output stays free for the result. @throws {Refused} on Ctrl-C or Ctrl-D */
export async function ask(question: string, { isSecret = false } = {}): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = isSecret ? silent : process.stderr;
  // From here on the terminal echoes nothing by itself, so it must come before the question.
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => reject(new Refused("interrupted")));
      lines.once("close", () => reject(new Refused("interrupted")));
    });
  } finally {
    lines.close();
    if (isSecret) process.stderr.write("\n");
  }
}

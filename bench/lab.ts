/** What the measurements share: the database server, services with people who are logged in, and how long to measure. */
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { hashSync } from "@node-rs/bcrypt";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { openDb } from "../db/open.ts";
import { freePort } from "../testing/ports.ts";
import { emptyFolder } from "../testing/process.ts";
import { type Command, type Program, start } from "./program.ts";

/** The password of everybody. */
export const PASSWORD = "correct horse battery";
/** The secret of every program. */
export const SECRET_KEY = randomBytes(32).toString("base64url");

/** How thoroughly to measure. */
export interface Effort {
  /** The rounds before those that count. */
  warmUpRounds: number;
  rounds: number;
  /** How long one run takes, in seconds. */
  seconds: number;
  /** The number of users of a large database. */
  manyUsers: number;
  /** The number of users that are imported. */
  importedUsers: number;
  /** How long the memory is watched under a flood, in seconds. */
  memorySeconds: number;
  /** The cost of bcrypt where it is measured. */
  bcryptCost: number;
  /** How often a response is timed alone, in each round. */
  samples: number;
}

/** For figures. */
export const FULL: Effort = {
  warmUpRounds: 1,
  rounds: 3,
  seconds: 2,
  manyUsers: 1_000_000,
  importedUsers: 20_000,
  memorySeconds: 300,
  bcryptCost: 12,
  samples: 60,
};
/** To see whether everything runs. */
export const SHORT: Effort = {
  warmUpRounds: 0,
  rounds: 1,
  seconds: 1,
  manyUsers: 2_000,
  importedUsers: 500,
  memorySeconds: 1,
  bcryptCost: 6,
  samples: 2,
};

/** What a measurement is taken with. */
export interface Lab extends Effort {
  /** Creates an empty database. @returns its URL */
  emptyDatabase(): Promise<string>;
  /** @returns the URL of a SQLite database that does not exist yet */
  emptyFile(): string;
  /**
   * Starts Tegata, as it was built. The settings are the defaults, apart from `TRUST_PROXY=1`, because each person has an
   * address of their own, and the cheapest bcrypt where it is not measured.
   */
  tegata(
    env: { DATABASE_URL: string } & Record<string, string>,
    nodeOptions?: readonly string[],
  ): Promise<Program>;
  /** Starts a program that is stopped when the measurement has ended. */
  start(command: Command): Promise<Program>;
}

/** Opens a lab for one measurement. @param mariadb the URL of the server, without a database name */
export function openLab(
  mariadb: string,
  effort: Effort,
): { lab: Lab; close: () => Promise<unknown> } {
  const programs: Program[] = [];
  const startHere = async (command: Command) => {
    const program = await start(command);
    programs.push(program);
    return program;
  };
  const lab: Lab = {
    ...effort,
    start: startHere,
    async emptyDatabase() {
      const name = `bench_${randomBytes(6).toString("hex")}`;
      await runSql(mariadb, `CREATE DATABASE ${name}`);
      return mariadb + name;
    },
    emptyFile: () => `file:${join(emptyFolder(), "tegata.db")}`,
    async tegata(env, nodeOptions = []) {
      const port = await freePort();
      const settings = { PORT: String(port), SECRET_KEY, TRUST_PROXY: "1", BCRYPT_COST: "4" };
      return startHere({
        command: process.execPath,
        args: [...nodeOptions, resolve("dist/server/main.js")],
        env: { ...settings, ...env },
        port,
        path: "/readyz",
      });
    },
  };
  return { lab, close: () => Promise.all(programs.map(({ stop }) => stop())) };
}

/** Runs statements on a connection of their own. */
export async function runSql(url: string, ...statements: string[]): Promise<void> {
  const connection = await createConnection(url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

/** The version of a database server. */
export async function versionOf(url: string): Promise<string> {
  const connection = await createConnection(url);
  const [[row]] = await connection.query<RowDataPacket[]>("SELECT VERSION() AS version");
  await connection.end();
  return String(row?.["version"]);
}

/** The email address of a person, counted from 1. */
export const emailOf = (n: number) => `person${n}@example.com`;

/** Creates the tables, and adds people to them. @param cost of the hashes of their passwords */
export async function addPeople(databaseUrl: string, count: number, cost = 4): Promise<void> {
  const db = await openDb(databaseUrl, { migrate: true });
  const passwordHash = hashSync(PASSWORD, cost);
  for (let n = 1; n <= count; n += 1)
    await db.users.add({
      email: emailOf(n),
      username: null,
      usernameKey: null,
      fullName: null,
      passwordHash,
      createdAtMs: 0,
    });
  await db.close();
}

/** The tokens of somebody who has logged in. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
}

/** Logs people in, each from an address of their own. @param numbers counted from 1 */
export async function logInAll({ url }: Program, numbers: readonly number[]): Promise<Tokens[]> {
  const all: Tokens[] = [];
  for (const n of numbers) {
    const form = { grant_type: "password", username: emailOf(n), password: PASSWORD };
    const response = await fetch(`${url}/token`, {
      method: "POST",
      headers: { "x-forwarded-for": addressOf(n) },
      body: new URLSearchParams(form),
    });
    if (!response.ok) throw new Error(`a login failed: ${response.status}`);
    all.push((await response.json()) as Tokens);
  }
  return all;
}

/** The address that a person calls from, for services behind one proxy. */
export const addressOf = (n: number) => `10.0.${n >> 8}.${n & 255}`;

/** 1, 2, … */
export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

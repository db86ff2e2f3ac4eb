/**
 * `npx tsx bench/writes.ts`, after `npm run build:service`: what registrations, logins and refreshes cost the service and
 * its database. The arithmetic of docs/scaling.md is made with these figures.
 */
import { readFileSync } from "node:fs";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { startMariadb } from "../testing/mariadb.ts";
import { addPeople, addressOf, emailOf, FULL, type Lab, openLab, PASSWORD } from "./lab.ts";
import { cpuUs, type Program } from "./program.ts";

const CALLERS = 16;
const SECONDS = 6;
const PEOPLE = 500;
const COUNTED = "'Com_select', 'Com_insert', 'Com_insert_select', 'Com_update', 'Com_delete'";

/** One act of one caller. @param i counts all acts */
type Act = (program: Program, caller: number, i: number) => Promise<void>;

async function post(url: string, i: number, body: URLSearchParams | string): Promise<unknown> {
  const type = typeof body === "string" ? { "content-type": "application/json" } : undefined;
  const headers = { ...type, "x-forwarded-for": addressOf(i) };
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

const logIn = ({ url }: Program, i: number) =>
  post(
    `${url}/token`,
    i,
    new URLSearchParams({ username: emailOf((i % PEOPLE) + 1), password: PASSWORD }),
  ) as Promise<{ refresh_token: string }>;

/** Counts all acts. */
let count = 0;
const tokens = new Map<number, string>();
const ACTS: Record<string, Act> = {
  registration: async ({ url }, _, i) => {
    const input = { email: `new${i}@example.com`, password: PASSWORD };
    await post(`${url}/trpc/register`, i, JSON.stringify(input));
  },
  login: async (program, _, i) => void (await logIn(program, i)),
  refresh: async (program, caller, i) => {
    const token = tokens.get(caller) ?? (await logIn(program, caller)).refresh_token;
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
    const next = (await post(`${program.url}/token`, i, form)) as { refresh_token: string };
    tokens.set(caller, next.refresh_token);
  },
};

/** The database server. */
interface Server {
  url: string;
  pid: number;
}

/** Finds the server among the children of this process. @throws if it is none of them */
function findServer(url: string): Server {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ");
  const isServer = (pid: string) =>
    pid !== "" && readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("maria");
  const pid = children.find(isServer);
  if (pid === undefined) throw new Error("the MariaDB server is not a child of this process");
  return { url, pid: Number(pid) };
}

/** How many statements the server has run: those that read, and those that write. */
async function statementsOf(url: string): Promise<[reads: number, writes: number]> {
  const connection = await createConnection(url);
  const [rows] = await connection.query<RowDataPacket[]>(
    `SHOW GLOBAL STATUS WHERE Variable_name IN (${COUNTED})`,
  );
  await connection.end();
  const sum = (isRead: boolean) =>
    rows
      .filter((row) => (row["Variable_name"] === "Com_select") === isRead)
      .reduce((total, row) => total + Number(row["Value"]), 0);
  return [sum(true), sum(false)];
}

/** Measures one act, which some callers repeat for a while. */
async function measure(act: Act, program: Program, callers: number, server: Server) {
  for (let caller = 0; caller < callers; caller += 1) await act(program, caller, count++);
  const before = [cpuUs(program), cpuUs(server)] as const;
  const statements = await statementsOf(server.url);
  const startMs = performance.now();
  let acts = 0;
  const call = async (caller: number) => {
    for (; performance.now() - startMs < SECONDS * 1000; acts += 1)
      await act(program, caller, count++);
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  const seconds = (performance.now() - startMs) / 1000;
  const [reads, writes] = await statementsOf(server.url);
  return {
    "per second": Math.round((acts / seconds) * 10) / 10,
    "service (ms CPU)": (cpuUs(program) - before[0]) / acts / 1000,
    "database (ms CPU)": (cpuUs(server) - before[1]) / acts / 1000,
    reads: (reads - statements[0]) / acts,
    writes: (writes - statements[1]) / acts,
  };
}

/** Measures every act on one engine, with one cost of bcrypt. @returns lines of a table */
async function measureAll(lab: Lab, engine: string, cost: number, server: Server) {
  const databaseUrl = engine === "SQLite" ? lab.emptyFile() : await lab.emptyDatabase();
  await addPeople(databaseUrl, PEOPLE, cost);
  const limits = { REGISTRATIONS_PER_ADDRESS: "1000000", BCRYPT_COST: String(cost) };
  const program = await lab.tegata({ DATABASE_URL: databaseUrl, ...limits });
  tokens.clear();
  const lines: Record<string, string | number>[] = [];
  for (const [name, act] of Object.entries(ACTS)) {
    if (cost === 12 && name === "refresh") continue;
    // More callers would be refused: the queue of passwords is short.
    const figures = await measure(act, program, cost === 12 ? 4 : CALLERS, server);
    // The statements are those of MariaDB.
    const statements = engine === "SQLite" ? { reads: "", writes: "" } : {};
    lines.push({ act: `${name}, cost ${cost}`, engine, ...figures, ...statements });
  }
  return lines;
}

// A server that keeps what it has confirmed: it writes to the disk at each commit.
const mariadb = await startMariadb("--innodb-flush-log-at-trx-commit=1");
if (!mariadb) throw new Error("mariadb-server is not installed");
const { lab, close } = openLab(mariadb.url, FULL);
try {
  const server = findServer(mariadb.url);
  const lines: Record<string, string | number>[] = [];
  for (const engine of ["MariaDB", "SQLite"])
    for (const cost of [4, 12]) lines.push(...(await measureAll(lab, engine, cost, server)));
  console.table(lines);
} finally {
  await close();
  await mariadb.stop();
}

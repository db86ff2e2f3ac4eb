/**
 * `npm run bench`: measures the built service against its goals, and writes `docs/benchmarks.md`.
 *
 *   --only NAME   one measurement
 *   --short       only whether everything runs: the figures mean nothing
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { startMariadb } from "../testing/mariadb.ts";
import { FULL, openLab, SHORT, versionOf } from "./lab.ts";
import { requireWrk } from "./load.ts";
import { PEERS } from "./peers.ts";
import { growth } from "./rows/growth.ts";
import { imported } from "./rows/import.ts";
import { flooded, starved } from "./rows/logins.ts";
import { memory, started } from "./rows/process.ts";
import { alone, batch, garbage, me, sqlite } from "./rows/reads.ts";
import { refresh } from "./rows/refresh.ts";
import type { Row } from "./rows/row.ts";
import { timing } from "./rows/timing.ts";
import { workers } from "./rows/workers.ts";
import { type Line, tableOf } from "./table.ts";

const ROWS: readonly Row[] = [
  me,
  alone,
  garbage,
  batch,
  flooded,
  starved,
  refresh,
  timing,
  sqlite,
  started,
  memory,
  growth,
  imported,
  workers,
];

const { values } = parseArgs({
  options: { only: { type: "string" }, short: { type: "boolean", default: false } },
});
const rows = ROWS.filter(({ name }) => values.only === undefined || name === values.only);
if (rows.length === 0) {
  console.error(
    `There is no ${values.only}. There are: ${ROWS.map(({ name }) => name).join(", ")}`,
  );
  process.exit(1);
}
await requireWrk();
const [otherWork = 0] = loadavg();
const mariadb = await startMariadb("--innodb-buffer-pool-size=512M");
if (!mariadb) throw new Error("MariaDB is not installed: apt-get install mariadb-server");
try {
  const lines: Line[] = [];
  for (const row of rows) {
    const { lab, close } = openLab(mariadb.url, values.short ? SHORT : FULL);
    try {
      lines.push(...(await row.measure(lab)));
    } finally {
      await close();
    }
    console.error(`${row.name}: done after ${Math.round(performance.now() / 1000)} seconds`);
  }
  const table = tableOf(lines);
  console.log(table);
  if (rows.length === ROWS.length && !values.short)
    writeFileSync("docs/benchmarks.md", pageOf(table, await versionOf(mariadb.url)));
} finally {
  await mariadb.stop();
}

function pageOf(table: string, database: string): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1e9);
  const peers = PEERS.map((peer) => peer.version() ?? `${peer.name} (not installed)`);
  return `# Benchmarks

\`npm run bench\` measures the service and writes this page. Measurements that are compared take turns in the same run, and
each figure is the median of ${FULL.rounds} runs. CPU time is that of the whole process, from \`/proc\`: on a machine
that has other work, it changes less than rates and response times. Unless a line says otherwise, there are 32 connections of 64
callers, each with a token of their own, the database is MariaDB on the same machine, and each request is logged. A
client of a flood logs in again as soon as it has its response, and 50 ms after a refusal, whatever \`Retry-After\` says. Logins
are counted from the first login on.
Percentiles under a flood are of all runs; those of \`me\` are taken from a second after the flood began. Requests come on
connections that bring nothing else, as those of a service do: after a page was sent on a connection, they are slower
([decision 071](decisions/071-plain-requests.md)).
With fewer than four processors, what WORKERS=2 brings is not measured: both processes, the database and the load would share
them.

- Machine: ${cpus().length} × ${cpu?.model}, ${memoryGb} GB; its load average before the run was ${otherWork.toFixed(1)}
- Versions: Node.js ${process.versions.node}, ${database}, ${peers.join(", ")}
- Date: ${new Date().toISOString().slice(0, 10)}

${table}

\`npm run bench -- --only NAME\` takes one measurement (${ROWS.map(({ name }) => `\`${name}\``).join(", ")}), and
\`npm run bench:profile\` shows where the CPU time goes. Both need \`wrk\` and \`mariadb-server\`. The other services are
measured if they are installed: \`npm ci --prefix bench/peers\`, and on Debian \`apt-get install python3-fastapi
python3-uvicorn python3-jose python3-passlib python3-bcrypt python3-multipart python3-aiomysql python3-sqlalchemy
python3-uvloop python3-httptools\`.
`;
}

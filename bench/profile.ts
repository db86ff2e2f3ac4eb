/**
 * `npm run bench:profile [PATH] [SECONDS]`: where the CPU time of GET requests to a path goes, by function. Chrome's
 * DevTools open the profile as a flame chart.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { startMariadb } from "../testing/mariadb.ts";
import { emptyFolder } from "../testing/process.ts";
import { openLab, SHORT } from "./lab.ts";
import { load, requireWrk } from "./load.ts";
import { startWithCallers } from "./rows/reads.ts";

/** What the profiler of V8 writes. */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** The node that was running, at each sample. */
  samples: number[];
  /** The time before each sample, in microseconds. */
  timeDeltas: number[];
}

/** The most functions that are shown. */
const SHOWN = 45;

/** The time of each function itself, without those that it calls, in microseconds; the longest first. */
function timesOf({ nodes, samples, timeDeltas }: Profile): [place: string, us: number][] {
  const places = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.startsWith("file:") ? relative(".", new URL(url).pathname) : url;
      return [id, `${functionName || "(anonymous)"} ${file && `${file}:${lineNumber + 1}`}`.trim()];
    }),
  );
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const place = places.get(id) ?? "";
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[i] ?? 0));
  });
  times.delete("(idle)");
  return [...times].sort(([, a], [, b]) => b - a);
}

const [path = "/trpc/me", seconds = "10"] = process.argv.slice(2);
await requireWrk();
const mariadb = await startMariadb();
if (!mariadb) throw new Error("MariaDB is not installed: apt-get install mariadb-server");
const folder = emptyFolder();
const { lab, close } = openLab(mariadb.url, SHORT);
let cpuUs: number;
try {
  const callers = await startWithCallers(lab, {
    nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${folder}`],
  });
  ({ cpuUs } = await load({ ...callers, path }, 32, Number(seconds)));
} finally {
  await close();
  await mariadb.stop();
}

for (const name of readdirSync(folder)) {
  const profile = JSON.parse(readFileSync(join(folder, name), "utf8")) as Profile;
  // The workers for passwords write profiles of their own.
  if (!profile.nodes.some(({ callFrame }) => callFrame.url.endsWith("dist/server/main.js")))
    continue;
  const times = timesOf(profile);
  const total = times.reduce((sum, [, us]) => sum + us, 0);
  console.log(`${path}: ${cpuUs.toFixed(0)} µs of CPU per request, with the profiler`);
  console.log(`the profile is ${join(folder, name)}\n`);
  for (const [place, us] of times.slice(0, SHOWN))
    console.log(`${((us * 100) / total).toFixed(1).padStart(5)} %  ${place}`);
}

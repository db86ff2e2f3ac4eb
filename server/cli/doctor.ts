/** The command that examines an installation: each line says what is wrong and how to fix it. */

import { statSync } from "node:fs";
import { type DatabaseState, inspectDatabase } from "../../db/inspect.ts";
import { sqlitePath } from "../../db/sqlite-file.ts";
import { SECOND_MS } from "../durations.ts";
import { loadSettings } from "../environment.ts";
import { isLoopback } from "../loopback.ts";
import { reasonsOf } from "../reasons.ts";
import type { Settings } from "../settings.ts";
import { openKeys } from "../tokens/keys.ts";
import { findSecrets } from "../tokens/secret.ts";
import { type LooseCommand, Refused } from "./command.ts";

/** What was examined, and what was found. */
export interface Finding {
  state: "ok" | "warning" | "problem";
  /** What was examined. */
  about: string;
  text: string;
  /** How to fix it. */
  fix?: string;
}

/** How far the clock of the database may differ before somebody should look. */
const MAX_SKEW_MS = 5 * SECOND_MS;

const ok = (about: string, text: string): Finding => ({ state: "ok", about, text });
const warning = (about: string, text: string, fix: string): Finding => ({
  state: "warning",
  about,
  text,
  fix,
});
const problem = (about: string, text: string, fix: string): Finding => ({
  state: "problem",
  about,
  text,
  fix,
});

/** A check that is made with valid settings. */
type Check = (settings: Settings) => Finding[] | Promise<Finding[]>;

const checkMode: Check = ({ production, host, issuer }) => {
  if (production) return [ok("mode", `production, as ${issuer}`)];
  if (isLoopback(host)) return [ok("mode", "development, for this machine only")];
  return [
    warning("mode", "development, but others can reach the service", "set NODE_ENV=production"),
  ];
};

/** Others can read a file that only its owner should read. */
const isOpen = (path: string) => (statSync(path).mode & 0o077) !== 0;

const checkDatabase: Check = async ({ databaseUrl }) => {
  let state: DatabaseState;
  const startedAtMs = Date.now();
  try {
    state = await inspectDatabase(databaseUrl);
  } catch (error) {
    return [problem("database", reasonsOf(error), "then run tegata doctor again")];
  }
  // The clock was read somewhere in between.
  const [earliestMs, latestMs] = [startedAtMs, Date.now()];
  return [
    ok("database", `${state.name}, ${state.version}`),
    checkAccess(state, databaseUrl),
    checkTransport(state, databaseUrl),
    checkClock(state.clockMs, earliestMs, latestMs),
    checkMigrations(state.pending),
  ];
};

function checkAccess({ isReadOnly }: DatabaseState, databaseUrl: string): Finding {
  const about = "database access";
  if (isReadOnly) return problem(about, "it is read-only", "connect to the primary server");
  if (!databaseUrl.startsWith("file:")) return ok(about, "it can be written");
  const path = sqlitePath(databaseUrl);
  return isOpen(path)
    ? warning(about, "others can read the file", `chmod 600 ${path}`)
    : ok(about, "only its owner can read and write the file");
}

function checkTransport({ transport }: DatabaseState, databaseUrl: string): Finding {
  const about = "database transport";
  const isHere = URL.canParse(databaseUrl) && isLoopback(new URL(databaseUrl).hostname);
  if (transport !== "plain text" || isHere) return ok(about, transport);
  return warning(
    about,
    "passwords and hashes travel in plain text",
    "append ?sslmode=verify-full to DATABASE_URL",
  );
}

function checkClock(clockMs: number | undefined, earliestMs: number, latestMs: number): Finding {
  const about = "clock";
  if (clockMs === undefined) return ok(about, "the database uses the clock of this machine");
  const skewMs = Math.max(earliestMs - clockMs, clockMs - latestMs, 0);
  const seconds = Math.round(skewMs / SECOND_MS);
  if (skewMs <= MAX_SKEW_MS) return ok(about, "it agrees with that of the database");
  return warning(
    about,
    `it differs from that of the database by ${seconds} seconds`,
    "synchronize both with NTP",
  );
}

function checkMigrations(pending: number | undefined): Finding {
  const about = "migrations";
  if (pending === undefined)
    return ok(about, "none: drizzle-kit push has created the tables, and keeps them up to date");
  if (pending === 0) return ok(about, "the database has seen all of them");
  return warning(about, `${pending} are pending`, "run tegata migrate, or start the service");
}

const checkKeys: Check = async (settings) => {
  const about = "keys";
  try {
    const found = findSecrets(settings);
    if (!found) return [ok(about, "none yet: the first start makes a secret")];
    const files = settings.signingKeyFiles;
    const { signing } = await openKeys(found.secrets, files);
    const text = `${signing.algorithm} signs, from ${files[0] ?? found.source}`;
    const open = files.filter(isOpen);
    return [
      open.length === 0
        ? ok(about, text)
        : warning(about, "others can read a private key", `chmod 600 ${open.join(" ")}`),
    ];
  } catch (error) {
    return [problem(about, reasonsOf(error), "correct SIGNING_KEY_FILES or SECRET_KEY")];
  }
};

/** The service speaks HTTP only: if callers use https, a proxy is in front. */
const checkProxy: Check = ({ issuer, trustProxy }) => {
  const about = "proxy";
  const hasProxy = issuer.startsWith("https:");
  if (hasProxy && trustProxy === 0)
    return [
      problem(
        about,
        "ISSUER is https, so a proxy is in front, but its X-Forwarded-For is not trusted: all callers share the limits of its address",
        "set TRUST_PROXY to the number of proxies",
      ),
    ];
  if (!hasProxy && trustProxy > 0)
    return [
      warning(
        about,
        "X-Forwarded-For is trusted, but ISSUER is not https: without a proxy, callers choose their address",
        "set TRUST_PROXY=0, or ISSUER to the https URL of the proxy",
      ),
    ];
  return [ok(about, hasProxy ? `${trustProxy} in front` : "none")];
};

const checkMail: Check = ({ production, mailUrl }) => {
  if (mailUrl === undefined)
    return [
      production
        ? warning("mail", "nobody can get a new password by mail", "set MAIL_URL and MAIL_FROM")
        : ok("mail", "printed to the console, as this is development"),
    ];
  return [ok("mail", "MAIL_URL is set; `tegata mail test ADDRESS` sends a mail")];
};

const CHECKS: readonly Check[] = [checkMode, checkDatabase, checkKeys, checkProxy, checkMail];

/** Examines the installation. */
async function examine(): Promise<Finding[]> {
  const loaded = loadSettings();
  if (loaded.is === "invalid")
    return loaded.problems.map((text) =>
      problem("settings", text, "docs/settings.md explains each of them"),
    );
  const findings = [ok("settings", "all are valid")];
  for (const check of CHECKS) findings.push(...(await check(loaded.settings)));
  return findings;
}

const run: LooseCommand["runAlone"] = async (_, { json }) => {
  const findings = await examine();
  if (json) console.log(JSON.stringify(findings));
  else
    for (const { state, about, text, fix } of findings)
      console.log(
        `${state.padEnd(7)}  ${about}: ${text}${fix ? `\n${" ".repeat(9)}→ ${fix}` : ""}`,
      );
  const problems = findings.filter(({ state }) => state === "problem").length;
  if (problems > 0) throw new Refused(problems === 1 ? "1 problem" : `${problems} problems`);
};

export const DOCTOR_COMMAND: LooseCommand = {
  name: "doctor",
  usage: "doctor [--json]",
  help: `Examines the settings, the database with its access, transport and clock, the migrations, the keys, the
proxies and the mail, and says how to fix what is wrong. Its exit code is 1 if there is a problem, and 0 if there are only warnings.`,
  takesArgument: false,
  options: ["json"],
  runAlone: run,
};

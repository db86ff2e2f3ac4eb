/** The command that examines an installation: each line says what is wrong and how to fix it. */
import { loadSettings } from "../environment.ts";
import { isLoopback } from "../loopback.ts";
import { openTransport } from "../mail/transport.ts";
import { reasonsOf } from "../reasons.ts";
import type { Settings } from "../settings.ts";
import { openKeys } from "../tokens/keys.ts";
import { dataFolder, findSecrets } from "../tokens/secret.ts";
import { count, type LooseCommand, Refused } from "./command.ts";
import { checkDatabase, isOpen } from "./database-checks.ts";
import { type Finding, found } from "./findings.ts";
import type { Result } from "./result.ts";

/** A check that is made with valid settings. @param now the clock of this machine, in epoch milliseconds */
type Check = (settings: Settings, now: () => number) => Finding[] | Promise<Finding[]>;

const checkMode: Check = ({ production, host, issuer }) => {
  if (production) return [found("mode_production", `production, as ${issuer}`)];
  return isLoopback(host)
    ? [found("mode_local", "development, for this machine only")]
    : [found("mode_exposed", "development, but others can reach the service")];
};

const checkKeys: Check = async (settings) => {
  try {
    const secrets = findSecrets(settings);
    if (!secrets) return [found("keys_none", "none yet: the first start makes a secret")];
    const files = settings.signingKeyFiles;
    const { signing } = await openKeys(secrets.secrets, files);
    const open = files.filter(isOpen);
    if (open.length > 0) return [found("keys_open", "others can read a private key", open)];
    const source = files[0] ?? secrets.source;
    return [found("keys_usable", `${signing.algorithm} signs, from ${source}`)];
  } catch (error) {
    return [found("keys_unusable", reasonsOf(error))];
  }
};

/** The service speaks HTTP only: if callers use https, a proxy is in front. */
const checkProxy: Check = ({ issuer, trustProxy }) => {
  const hasProxy = issuer.startsWith("https:");
  if (hasProxy && trustProxy === 0)
    return [
      found(
        "proxy_untrusted",
        "ISSUER is https, so a proxy is in front, but its X-Forwarded-For is not trusted: all callers share the limits of its address",
      ),
    ];
  if (!hasProxy && trustProxy > 0)
    return [
      found(
        "proxy_missing",
        "X-Forwarded-For is trusted, but ISSUER is not https: without a proxy, callers choose their address",
      ),
    ];
  return [
    hasProxy ? found("proxy_trusted", `${trustProxy} in front`) : found("proxy_none", "none"),
  ];
};

const checkMail: Check = async (settings) => {
  const transport = openTransport(settings, dataFolder(settings.databaseUrl));
  if (!transport) return [found("mail_off", "nobody can get a new password by mail")];
  if (settings.mailUrl === undefined)
    return [found("mail_printed", "printed to the console, as this is development")];
  try {
    await transport.verify();
    return [found("mail_accepted", `${transport.name} accepts the connection; nothing was sent`)];
  } catch (error) {
    const isLogin = error instanceof Error && "code" in error && error.code === "EAUTH";
    const text = `${transport.name}: ${reasonsOf(error)}`;
    return [found(isLogin ? "mail_refused" : "mail_unreachable", text)];
  }
};

const checkRedis: Check = async ({ redisUrl }) => {
  if (redisUrl === undefined) return [];
  const { openRedis } = await import("../../db/redis.ts");
  try {
    await (await openRedis(redisUrl)).close();
    return [found("redis_usable", "failed logins are counted in it")];
  } catch (error) {
    return [found("redis_unusable", reasonsOf(error))];
  }
};

const CHECKS: readonly Check[] = [
  ...[checkMode, checkDatabase, checkRedis],
  ...[checkKeys, checkProxy, checkMail],
];

/**
 * Examines the installation.
 * @param now the clock of this machine, in epoch milliseconds
 * @param env what the settings are read from, by default the environment of the process
 */
export async function examine(
  now: () => number,
  env?: Readonly<Partial<Record<string, string>>>,
): Promise<Finding[]> {
  const loaded = loadSettings(env);
  if (loaded.is === "invalid")
    return loaded.problems.map((text) => found("settings_invalid", text));
  const findings = [found("settings_valid", "all are valid")];
  for (const check of CHECKS) findings.push(...(await check(loaded.settings, now)));
  return findings;
}

const printFinding = ({ state, about, text, fix }: Finding) =>
  console.log(`${state.padEnd(7)}  ${about}: ${text}${fix ? `\n${" ".repeat(9)}→ ${fix}` : ""}`);

async function run(): Promise<Result> {
  const findings = await examine(Date.now);
  const problems = findings.filter(({ state }) => state === "problem").length;
  const refuse = () => {
    if (problems > 0) throw new Refused(count(problems, "problem"));
  };
  return {
    printJson() {
      console.log(JSON.stringify(findings));
      refuse();
    },
    printText() {
      findings.forEach(printFinding);
      refuse();
    },
  };
}

export const DOCTOR_COMMAND: LooseCommand = {
  name: "doctor",
  usage: "doctor",
  help: `Examines the settings, the database with its access, transport, session and clock, the migrations, Redis, the
keys, the proxies and the mail server, and says how to fix what is wrong. It sends no mail and changes no data. Its exit
code is 1 if there is a problem, and 0 if there are only warnings.`,
  takesArgument: false,
  runAlone: run,
};

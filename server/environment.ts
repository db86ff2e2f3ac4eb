/** Reads the settings from the environment of the process and from `.env`. Nothing else reads the environment. */
import type { z } from "zod";
import { AllRules, NAMES, type Name, Rules, SETTINGS, type Settings } from "./settings.ts";
import { readSettingsFile } from "./settings-file.ts";

const defaultIssuer = (port: number) => `http://127.0.0.1:${port}`;

/** The settings of a service that listens on this port: with PORT=0, the default issuer is known only then. */
export function onPort(settings: Settings, port: number): Settings {
  if (settings.port === port || settings.issuer !== defaultIssuer(settings.port)) return settings;
  const issuer = defaultIssuer(port);
  const audience = settings.audience === settings.issuer ? issuer : settings.audience;
  return Object.freeze({ ...settings, issuer, audience });
}

/** Each problem is a line with the setting and how to fix it. It never contains the value, which may be a secret. */
interface Invalid {
  is: "invalid";
  problems: readonly string[];
}

type Environment = Readonly<Partial<Record<string, string>>>;

/** Reads `process.env` and `.env` in the working directory; `process.env` takes precedence. Empty values are ignored. */
function readEnvironment(): { is: "environment"; env: Environment } | Invalid {
  const keys = NAMES.map((name) => SETTINGS[name].key);
  const file = readSettingsFile(".env", keys);
  if (file.is === "refused") return { is: "invalid", problems: file.problems };
  const set = (env: NodeJS.Dict<string>) =>
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim()));
  const env = Object.fromEntries([...set(file.values), ...set(process.env)]);
  return { is: "environment", env };
}

/** Checks the given environment, or that of the process, against the rules. */
function check<Rule extends z.ZodType>(
  rules: Rule,
  given: Environment | undefined,
): { is: "settings"; settings: z.output<Rule> } | Invalid {
  const read = given ? { is: "environment" as const, env: given } : readEnvironment();
  if (read.is === "invalid") return read;
  const values = NAMES.map((name) => [
    name,
    read.env[SETTINGS[name].key] ?? SETTINGS[name].default,
  ]);
  const parsed = rules.safeParse(Object.fromEntries(values));
  if (parsed.success) return { is: "settings", settings: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${SETTINGS[path[0] as Name].key}: ${message}`,
  );
  return { is: "invalid", problems: [...new Set(problems)] };
}

/** Reads and checks only the database settings. Other settings may be missing or invalid. */
export const loadDatabaseSettings = (env?: Environment) =>
  check(Rules.pick({ databaseUrl: true }), env);

/** Reads and checks only what the keys depend on. */
export const loadKeySettings = (env?: Environment) =>
  check(Rules.pick({ secretKeys: true, signingKeyFiles: true, databaseUrl: true }), env);

/** Reads and checks only whom access tokens are for; undefined for the issuer. */
export const loadAudienceSettings = (env?: Environment) =>
  check(Rules.pick({ audience: true }), env);

/** Reads and checks only what hashing a password needs. */
export function loadPasswordSettings(
  env?: Environment,
):
  | { is: "settings"; settings: Pick<Settings, "bcryptCost" | "passwordMinLength" | "issuer"> }
  | Invalid {
  const rules = Rules.pick({ bcryptCost: true, passwordMinLength: true, issuer: true, port: true });
  const checked = check(rules, env);
  if (checked.is === "invalid") return checked;
  const { port, issuer = defaultIssuer(port), ...settings } = checked.settings;
  return { is: "settings", settings: { ...settings, issuer } };
}

/**
 * Reads and checks all settings at once.
 * @param rules those of the service, or `EmbeddedRules`
 * @returns the frozen settings, or the problems
 */
export function loadSettings(
  env?: Environment,
  rules = AllRules,
): { is: "settings"; settings: Settings } | Invalid {
  const checked = check(rules, env);
  if (checked.is === "invalid") return checked;
  const values = checked.settings;
  const issuer = values.issuer ?? defaultIssuer(values.port);
  const audience = values.audience ?? issuer;
  const firstItem = values.firstItem ?? (values.fastapiPaths && !values.production);
  return { is: "settings", settings: Object.freeze({ ...values, issuer, audience, firstItem }) };
}

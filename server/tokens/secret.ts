/** The secret that all keys are derived from: from the settings or, outside production, generated once and stored. */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makePrivate, sqlitePath } from "../../db/sqlite-file.ts";
import type { Settings } from "../settings.ts";

type SecretSettings = Pick<Settings, "secretKeys" | "databaseUrl">;

/** The secrets, of which the first signs and all verify, and where they came from, for people to read. */
export interface Secrets {
  secrets: readonly string[];
  source: string;
}

/** @throws if the stored secret is damaged */
export function findSecrets({ secretKeys, databaseUrl }: SecretSettings): Secrets | undefined {
  if (secretKeys.length > 0) return { secrets: secretKeys, source: "SECRET_KEY" };
  const path = join(dataFolder(databaseUrl), "secret");
  makePrivate(path);
  const kept = readIfThere(path);
  if (kept !== undefined && Buffer.byteLength(kept) < 32)
    throw new Error(
      `${path} does not contain the secret that was written to it: restore the file, or delete it to end all sessions`,
    );
  return kept === undefined
    ? undefined
    : { secrets: [kept], source: `${path} (generated at an earlier start)` };
}

/**
 * Finds the secrets, or generates one. It is stored in a file with mode 0600, in a folder `.data` that git ignores: next
 * to the SQLite file, or in the working directory with MySQL.
 * @throws if the stored secret is damaged
 */
export function openSecrets(settings: SecretSettings): Secrets {
  const found = findSecrets(settings);
  if (found) return found;
  const folder = dataFolder(settings.databaseUrl);
  const path = join(folder, "secret");

  // The file is created atomically: if several processes start at once, one stores its secret and all read it.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, ".gitignore"), "*\n");
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return { secrets: [readFileSync(path, "utf8")], source: `${path} (generated now)` };
}

/** The folder for the files of a service that has no settings for them; only this user may read them. */
export function dataFolder(databaseUrl: string): string {
  if (!databaseUrl.startsWith("file:")) return ".data";
  const folder = dirname(sqlitePath(databaseUrl));
  // Version 0.1 put the secret beside any SQLite file: sessions go on with it.
  if (basename(folder) === ".data" || existsSync(join(folder, "secret"))) return folder;
  return join(folder, ".data");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

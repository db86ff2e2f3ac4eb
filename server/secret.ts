/** The secret that everything is derived from: from the settings or, outside production, made once and kept. */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sqlitePath } from "../db/sqlite-file.ts";
import type { Settings } from "./settings.ts";

/**
 * The secrets to run with: the first signs, all verify.
 * @returns with them where they came from, for people to read. A generated secret lies in a file of mode 0600 beside the
 * SQLite file, or in `.data/` when the database is a MySQL.
 */
export function openSecrets({ secretKeys, databaseUrl }: Settings): {
  secrets: readonly string[];
  source: string;
} {
  if (secretKeys.length > 0) return { secrets: secretKeys, source: "SECRET_KEY" };
  const folder = databaseUrl.startsWith("file:") ? dirname(sqlitePath(databaseUrl)) : ".data";
  const path = join(folder, "secret");
  const kept = readIfThere(path);
  if (kept !== undefined && Buffer.byteLength(kept) < 32)
    throw new Error(
      `${path} does not hold the secret that was written there: restore it or, to end all log-ins, remove it`,
    );
  if (kept !== undefined)
    return { secrets: [kept], source: `${path} (generated at an earlier start)` };

  // A whole file appears under the name, or none: of several first starts one wins, and all read its secret.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
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

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The SQLite file holds password hashes: it is made for its owner's eyes only, before any driver opens it. */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the file of a `file:` URL (mode 0600), and its folder (0700), where they are missing.
 * @returns the file's path.
 */
export function createPrivateFile(url: string): string {
  const path = url.startsWith("file://") ? new URL(url).pathname : url.slice("file:".length);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  return path;
}

/** The file behind a `file:` URL. It contains password hashes: create it readable by its owner only, before libsql does. */
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** The path in a `file:` URL. Relative to the working directory if it does not begin with a slash. */
export function sqlitePath(url: string): string {
  const path = url.slice("file:".length).replace(/^\/\/(localhost)?(?=\/)/, "");
  return decodeURIComponent(path.replace(/[?#].*$/, ""));
}

/** Creates the file (mode 0600) and its folder (0700) if they do not exist. */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
}

/** Takes the permissions of everybody else from a file, if it is a file of the user who runs this process. */
export function makePrivate(path: string): void {
  const file = lstatSync(path, { throwIfNoEntry: false });
  // By its path: to open and close a file of SQLite would drop the locks of this process on it.
  if (file?.isFile() && file.uid === process.getuid?.() && (file.mode & 0o077) !== 0)
    chmodSync(path, file.mode & 0o700);
}

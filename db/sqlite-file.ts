/** The file behind a `file:` URL. It holds password hashes: it is made for its owner's eyes only, before a driver opens it. */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** The path that a `file:` URL means; relative to the working directory when it does not begin with a slash. */
export function sqlitePath(url: string): string {
  const path = url.slice("file:".length).replace(/^\/\/(localhost)?(?=\/)/, "");
  return decodeURIComponent(path.replace(/[?#].*$/, ""));
}

/** Makes the file (mode 0600), and its folder (0700), where they are missing. */
export function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
}

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tegata-build-"));
  const note = (name: string) => `node -e "require('fs').appendFileSync('built', '${name} ')"`;
  const scripts = { "build:service": note("service"), "build:web": note("web") };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts }));
  for (const name of ["server", "db", "client/web", "dist"])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["server/main.ts", "db/open.ts", "client/web/main.ts", "client/web/old.ts"])
    writeFileSync(join(folder, name), "");
});

/** Runs `build.js` in the folder. @returns what it built */
function build(...args: string[]): string {
  const built = join(folder, "built");
  rmSync(built, { force: true });
  execFileSync(process.execPath, [resolve("build.js"), ...args], { cwd: folder, stdio: "ignore" });
  return existsSync(built) ? readFileSync(built, "utf8").trim() : "";
}

/** Changes a file after the last build. */
function change(name: string): void {
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(folder, name), later, later);
}

test("builds what has never been built, and nothing again while the sources stay as they are", () => {
  expect(build()).toBe("service web");
  expect(build()).toBe("");
});

test("builds only what is older than its sources", () => {
  build();
  change("db/open.ts");
  expect(build()).toBe("service");
  change("client/web/main.ts");
  expect(build()).toBe("service web");
});

test("builds again when a source is removed", () => {
  build();
  rmSync(join(folder, "client/web/old.ts"));
  change("client/web");
  expect(build()).toBe("web");
});

test("builds the pages alone, if asked to", () => {
  expect(build("web")).toBe("web");
  expect(build()).toBe("service");
});

test("does not count a build that failed", () => {
  const scripts = { "build:service": "exit 1", "build:web": "exit 1" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts }));
  expect(() => build()).toThrow();
  expect(existsSync(join(folder, "dist/.service"))).toBe(false);
});

/** Debian's compiler of Go, and its packages of libraries. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const GO = "/usr/bin/go";
const GOPATH = "/usr/share/gocode";
/** Compiles with Debian's libraries. The cache is shared: every program would compile Go's HTTP and TLS again. */
export const GO_ENV = { GOPATH, GO111MODULE: "off", GOCACHE: resolve(".cache/go") };

/** Whether Go is installed with the libraries that the tests use. In CI it always is. */
export const hasGo =
  existsSync(GO) &&
  ["github.com/coreos/go-oidc", "golang.org/x/oauth2"].every((path) =>
    existsSync(join(GOPATH, "src", path)),
  );
if (!hasGo && process.env["CI"])
  throw new Error("Go, go-oidc or x/oauth2 is not installed. CI must test them.");

/** Compiles a source file to a program. @throws if it has an error */
export async function compileGo(source: string, program: string): Promise<void> {
  const env = { PATH: "/usr/bin:/bin", ...GO_ENV };
  await promisify(execFile)(GO, ["build", "-o", program, source], { env });
}

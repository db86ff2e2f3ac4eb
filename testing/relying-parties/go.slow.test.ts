import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe } from "vitest";
import { DEBIAN_GO_OIDC } from "../page-run.ts";
import { emptyFolder } from "../process.ts";
import { useIssuer } from "./issuer.ts";
import { testRelyingParty } from "./relying-party.ts";

/** Debian's compiler and its packages of Go libraries. */
const [GO, GOPATH] = ["/usr/bin/go", "/usr/share/gocode"];
const isInstalled = existsSync(GO) && existsSync(join(GOPATH, "src/github.com/coreos/go-oidc"));
if (!isInstalled && process.env["CI"])
  throw new Error("Go or go-oidc is not installed. CI must test them.");

describe.runIf(isInstalled)("Go", () => {
  testRelyingParty(useIssuer(), {
    name: "go-oidc",
    async program() {
      const folder = emptyFolder();
      const source = readFileSync("examples/relying-parties/go_app.go", "utf8");
      writeFileSync(join(folder, "app.go"), source.replace(...DEBIAN_GO_OIDC));
      const GOCACHE = join(folder, "cache");
      const env = { PATH: "/usr/bin:/bin", GOPATH, GO111MODULE: "off", GOCACHE };
      await promisify(execFile)(GO, ["build", "app.go"], { cwd: folder, env });
      return { command: join(folder, "app"), args: [], folder };
    },
    redirectPath: "/callback",
    asks: [
      "GET /.well-known/openid-configuration",
      "POST /token authorization_code",
      "GET /.well-known/jwks.json",
      "GET /userinfo",
    ],
    refreshPath: "/refresh",
    unnoticed: [],
  });
});

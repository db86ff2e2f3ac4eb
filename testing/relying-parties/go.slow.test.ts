import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { compileGo, hasGo } from "../go.ts";
import { DEBIAN_GO_OIDC } from "../page-run.ts";
import { emptyFolder } from "../process.ts";
import { useIssuer } from "./issuer.ts";
import { testRelyingParty } from "./relying-party.ts";

describe.runIf(hasGo)("Go", () => {
  testRelyingParty(useIssuer(), {
    name: "go-oidc",
    async program() {
      const folder = emptyFolder();
      const source = readFileSync("examples/relying-parties/go_app.go", "utf8");
      writeFileSync(join(folder, "app.go"), source.replace(...DEBIAN_GO_OIDC));
      const command = join(folder, "app");
      await compileGo(`${command}.go`, command);
      return { command, args: [], folder };
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

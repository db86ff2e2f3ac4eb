import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { emptyFolder } from "../process.ts";
import { useIssuer } from "./issuer.ts";
import { type Program, testRelyingParty } from "./relying-party.ts";

const APACHE = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";
const isInstalled = existsSync(APACHE) && existsSync(`${MODULES}/mod_auth_openidc.so`);
if (!isInstalled && process.env["CI"])
  throw new Error("Apache or mod_auth_openidc is not installed. CI must test them.");

/** Serves a page that says who is logged in, with the example as the rest of the configuration. */
function apache(_: string, { PORT = "" }: Readonly<Record<string, string>>): Program {
  const folder = emptyFolder();
  const pages = join(folder, "pages");
  mkdirSync(join(pages, "refresh"), { recursive: true });
  const page = '<!--#echo var="OIDC_CLAIM_name" --> <!--#echo var="OIDC_CLAIM_email" -->';
  for (const path of ["index.html", "refresh/index.html"]) writeFileSync(join(pages, path), page);
  // If root starts Apache, another user serves the pages.
  chmodSync(folder, 0o755);
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "include", "mime"];
  const config = `
${[...modules, "auth_openidc"].map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${PORT}
User www-data
Group www-data
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
ErrorLog "|/bin/cat"
LogLevel notice
TypesConfig /dev/null
DocumentRoot ${pages}
<Directory ${pages}>
  Options +Includes
  SetOutputFilter INCLUDES
  ForceType text/html
</Directory>
<Location /refresh>
  OIDCRefreshAccessTokenBeforeExpiry 86400
</Location>
${readFileSync("examples/relying-parties/apache.conf", "utf8")}`;
  writeFileSync(join(folder, "config"), config);
  return {
    command: APACHE,
    args: ["-D", "FOREGROUND", "-f", join(folder, "config")],
    ready: /resuming normal operations/,
    folder,
  };
}

describe.runIf(isInstalled)("Apache", () => {
  testRelyingParty(useIssuer(), {
    name: "mod_auth_openidc",
    program: apache,
    redirectPath: "/callback",
    asks: [
      "GET /.well-known/openid-configuration",
      "POST /token authorization_code",
      "GET /.well-known/jwks.json",
      "GET /userinfo",
    ],
    refreshPath: "/refresh/",
    logoutPath: (url) => `/callback?logout=${encodeURIComponent(url)}`,
    // It knows that the ID token comes from the token endpoint, and then none is needed.
    unnoticed: ["no signature"],
  });
});

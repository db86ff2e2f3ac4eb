import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe } from "vitest";
import { useIssuer } from "./issuer.ts";
import { testRelyingParty } from "./relying-party.ts";

/** Debian's Python, because these are Debian packages. */
const PYTHON = "/usr/bin/python3";
const isInstalled = hasModules();

describe.runIf(isInstalled)("Python", () => {
  testRelyingParty(useIssuer(), {
    name: "authlib",
    program: (_, { PORT = "" }) => ({
      command: PYTHON,
      args: ["-m", "uvicorn", "authlib_app:app", "--port", PORT],
      cwd: resolve("examples/relying-parties"),
      // This service speaks http, on the loopback interface.
      env: { AUTHLIB_INSECURE_TRANSPORT: "1", PYTHONDONTWRITEBYTECODE: "1" },
      ready: /Uvicorn running/,
    }),
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

function hasModules(): boolean {
  const modules = "import authlib, fastapi, httpx, itsdangerous, uvicorn";
  try {
    execFileSync(PYTHON, ["-c", modules], { stdio: "ignore" });
    return true;
  } catch (cause) {
    if (process.env["CI"]) throw new Error("the tests of CI must run with Authlib", { cause });
    return false;
  }
}

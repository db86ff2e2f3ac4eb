import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { FULL_SCOPE, useService } from "../../../testing/service.ts";
import { hashSecret } from "../../clients/secrets.ts";

/** Debian's Python, because python3-requests-oauthlib and python3-authlib are Debian packages. */
const PYTHON = "/usr/bin/python3";
const ISSUER = "http://127.0.0.1";
/** In the format of `tegata clients add`. */
const SECRET = randomBytes(32).toString("base64url");

/** Each client and the number of steps in its script. */
const CLIENTS = [
  ["requests_oauthlib", 6],
  ["authlib", 9],
] as const;

const installed = areInstalled();
if (!installed) {
  const missing = "python3-requests-oauthlib and python3-authlib are not installed";
  if (process.env["CI"]) throw new Error(`${missing}: the tests of CI must run with them`);
  console.warn(`\n  ${missing}: no client in Python is tried.\n`);
}

describe.runIf(installed).each(ENGINES)("Python clients on $name", (engine) => {
  const service = useService(engine, { ISSUER });
  beforeAll(async () => {
    await service.tegata.db.clients.add({
      id: "backend",
      secretHash: hashSecret(service.secret(SECRET)),
      grants: "client_credentials",
      scopes: "me",
      createdAtMs: 1,
    });
  });

  test.each(CLIENTS)("%s completes all of its %i steps", async (name, steps) => {
    const { email, password } = await service.person();
    const { stdout } = await promisify(execFile)(PYTHON, [`testing/clients/${name}_client.py`], {
      env: {
        PATH: process.env["PATH"],
        TEGATA_SCOPE: FULL_SCOPE,
        TEGATA_URL: service.url,
        TEGATA_ISSUER: ISSUER,
        TEGATA_USERNAME: email,
        TEGATA_PASSWORD: password,
        TEGATA_CLIENT_ID: "backend",
        TEGATA_CLIENT_SECRET: SECRET,
      },
    });
    expect(stdout.match(/^ok /gm), stdout).toHaveLength(steps);
  });
});

function areInstalled(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import authlib, requests_oauthlib"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

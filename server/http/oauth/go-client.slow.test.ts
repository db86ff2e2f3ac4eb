import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { compileGo, hasGo } from "../../../testing/go.ts";
import { freePort } from "../../../testing/ports.ts";
import { Service } from "../../../testing/service.ts";

const run = promisify(execFile);
const [engine = expect.unreachable()] = ENGINES;
describe.runIf(hasGo)("a client in Go", () => {
  const service = new Service();
  const folder = mkdtempSync(join(tmpdir(), "tegata-go-"));
  const program = join(folder, "client");
  let issuer: string;

  beforeAll(async () => {
    // A client finds the metadata by the issuer, so the issuer must be the real URL.
    const port = String(await freePort());
    issuer = `http://127.0.0.1:${port}`;
    await service.start(engine, { PORT: port, ISSUER: issuer });
    await compileGo("testing/clients/go_oidc_client.go", program);
  }, 300_000);
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("completes all of its steps with go-oidc and x/oauth2", async () => {
    const { email, password } = await service.person();
    const { stdout } = await run(program, [], {
      env: { TEGATA_ISSUER: issuer, TEGATA_USERNAME: email, TEGATA_PASSWORD: password },
    });
    expect(stdout.match(/^ok /gm), stdout).toHaveLength(8);
  });
});

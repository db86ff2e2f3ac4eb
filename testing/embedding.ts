/** Runs an application that has Tegata inside, in the test process. */
import { mkdtempSync, openSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTegata, type EmbeddedTegata, type TegataOptions } from "../server/index.ts";
import { PASSWORD, SECRET_KEY } from "./service.ts";

/** A running application. */
export interface Application {
  url: string;
  /** What Tegata has written to its log so far. */
  log: () => string;
  tegata: EmbeddedTegata;
  close(): Promise<void>;
}

/**
 * Opens Tegata and listens.
 * @param serve makes the application; by default, it is Tegata alone
 */
export async function embed(
  { settings, ...options }: TegataOptions & { settings: { DATABASE_URL: string } },
  serve: (tegata: EmbeddedTegata) => RequestListener = ({ handler }) => handler,
): Promise<Application> {
  const { stdout } = process;
  const { fd } = stdout;
  const file = join(mkdtempSync(join(tmpdir(), "tegata-log-")), "log");
  // Where the log goes is no option of an embedded Tegata.
  Object.assign(stdout, { fd: openSync(file, "a") });
  const tegata = await createTegata({
    settings: {
      SECRET_KEY,
      BCRYPT_COST: "4",
      LOGIN_FAILURES_PER_ADDRESS: "1000000",
      REGISTRATIONS_PER_ADDRESS: "1000000",
      ...settings,
    },
    ...options,
  }).finally(() => Object.assign(stdout, { fd }));
  const server = createServer(serve(tegata));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: () => readFileSync(file, "utf8"),
    tegata,
    async close() {
      server.close();
      server.closeAllConnections();
      await tegata.close();
    },
  };
}

/** Registers an account at an embedded Tegata. @returns its email and password */
export async function register(url: string, email: string) {
  const account = { email, password: PASSWORD };
  const response = await fetch(`${url}/trpc/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(account),
  });
  if (!response.ok) throw new Error(await response.text());
  return account;
}

/** Asks an embedded Tegata for tokens. */
export async function askForTokens(
  url: string,
  form: Record<string, string>,
): Promise<{ status: number; json: Record<string, string> }> {
  const response = await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams(form) });
  return { status: response.status, json: (await response.json()) as Record<string, string> };
}

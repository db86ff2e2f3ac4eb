/** Runs built instances of Tegata that share one database and one secret. */
import { freePort } from "../ports.ts";
import { type Running, run, urlOf } from "../process.ts";
import { SECRET_KEY } from "../service.ts";

/** One instance. It keeps its port when it starts again. */
export class Instance {
  readonly port: number;
  readonly #env: Record<string, string>;
  #process: Running | undefined;

  constructor(port: number, env: Record<string, string>) {
    this.port = port;
    this.#env = env;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has printed since it started. */
  get printed(): string {
    return this.#process?.printed() ?? "";
  }

  /** Starts the process, and waits until it listens. @throws if it ends instead */
  async start(): Promise<void> {
    this.#process = run({ ...this.#env, PORT: String(this.port) });
    await urlOf(this.#process);
  }

  /** Sends a signal, and waits for the end of the process. @returns its exit code */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    this.#process?.signal(signal);
    return (await this.#process?.ended)?.code ?? null;
  }
}

/** Makes an instance. Nothing runs yet. */
export async function makeInstance(
  databaseUrl: string,
  more: Record<string, string> = {},
): Promise<Instance> {
  return new Instance(await freePort(), {
    DATABASE_URL: databaseUrl,
    SECRET_KEY,
    ISSUER: "https://tegata.test",
    TRUST_PROXY: "1",
    LOG_LEVEL: "warn",
    // All requests come from one address.
    LOGIN_FAILURES_PER_ADDRESS: "1000000",
    REGISTRATIONS_PER_ADDRESS: "1000000",
    ...more,
  });
}

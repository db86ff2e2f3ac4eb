/** Throttles in Redis instead of the database. The only file that imports `@redis/client`. */
import { createClient } from "@redis/client";
import type { Counter, Counters } from "./throttles.ts";
import { DatabaseUnavailable, within } from "./unavailable.ts";

/** How long to wait for a connection or a response, in milliseconds. */
const ANSWER_MS = 2_000;
/** How many commands may wait for a server that does not answer. */
const MAX_WAITING = 10_000;

/**
 * Compare and swap. An empty text stands for no counter. Redis deletes the counter when it expires: ARGV[3] is the
 * remaining time in milliseconds.
 */
const REPLACE = `
if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then return 0 end
if ARGV[2] == "" then redis.call("DEL", KEYS[1]) else redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3]) end
return 1`;

const write = (counter: Counter | undefined): string =>
  counter ? `${counter.attempts} ${counter.blockedUntilMs} ${counter.expiresAtMs}` : "";

function read(text: string | null): Counter | undefined {
  if (text === null) return undefined;
  const [attempts, blockedUntilMs, expiresAtMs] = text.split(" ").map(Number);
  if (attempts === undefined || blockedUntilMs === undefined || expiresAtMs === undefined)
    throw new Error("a throttle in Redis cannot be read");
  return { attempts, blockedUntilMs, expiresAtMs };
}

/**
 * Connects to a `redis:` or `rediss:` URL. A lost connection is opened again; until then, every call throws a
 * {@link DatabaseUnavailable}.
 * @throws if the server cannot be used; the message names REDIS_URL
 */
export async function openRedis(url: string): Promise<Counters> {
  const client = createClient({
    url,
    keyPrefix: "tegata:throttle:",
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    socket: {
      connectTimeout: ANSWER_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 6), ANSWER_MS),
    },
  });
  // It tries again by itself, also with a password that the server has refused. Only this event says why.
  let reason: unknown;
  client.on("error", (error) => {
    reason = error;
  });
  try {
    await within(ANSWER_MS, client.connect());
  } catch (error) {
    client.destroy();
    throw new Error(
      "REDIS_URL: the server cannot be used; start it, or correct the host, the port and the password",
      { cause: reason ?? error },
    );
  }

  const ask = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await within(ANSWER_MS, answer);
    } catch (cause) {
      throw new DatabaseUnavailable("Redis is not available", { cause });
    }
  };

  return {
    find: async (hash) => read(await ask(client.get(hash))),
    async replace(hash, from, to, nowMs) {
      const lifeMs = Math.max(1, Math.ceil((to?.expiresAtMs ?? 0) - nowMs));
      const values = { keys: [hash], arguments: [write(from), write(to), String(lifeMs)] };
      return (await ask(client.eval(REPLACE, values))) === 1;
    },
    // Redis removes them itself.
    removeExpired: async () => 0,
    async close() {
      client.destroy();
    },
  };
}

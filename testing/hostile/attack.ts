/** Sends generated requests to a running service and checks after each of them that nothing broke. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect } from "vitest";
import { basic, SECRET_KEY, type Service } from "../service.ts";
import { RawConnection } from "./connection.ts";
import { invariantsOf } from "./invariants.ts";
import { type Caller, type HostileRequest, requestsTo } from "./requests.ts";
import { findTemplates } from "./templates.ts";

/** How many requests are sent at once, at most. */
const AT_ONCE = 8;
/** After so many groups of requests, the caller gets new tokens: some requests end its sessions or change its password. */
const GROUPS_PER_CALLER = 100;
/** How much the heap may grow, in bytes: caches fill up to their bounds. In the long form, it is 2.5 kB for each request. */
const HEAP_GROWTH = 20 * 1024 * 1024;

/** What happened in an attack. */
export interface Attack {
  requests: number;
  /** How many responses had each status; 0 is none. */
  statuses: ReadonlyMap<number, number>;
}

/**
 * Attacks a service with groups of requests.
 * @param options `seed` repeats an attack; fast-check reports it with what failed
 * @throws if a response, the log or the heap breaks an invariant
 */
export async function attack(
  service: Service,
  { groups, seed }: { groups: number; seed?: number | undefined },
): Promise<Attack> {
  const templates = await findTemplates(service);
  const victim = await openVictim(service);
  const invariants = invariantsOf(service, victim.secrets);
  const port = Number(new URL(service.url).port);
  const connections = Array.from({ length: AT_ONCE }, () => new RawConnection(port));
  const statuses = new Map<number, number>();
  let requests = 0;
  let rounds = 0;
  let caller = await newCaller(service);
  let before = 0;

  async function send({ wire, ends, hangsUp }: HostileRequest, connection: RawConnection) {
    requests += 1;
    const sent = connection.send(Buffer.from(wire, "latin1"), ends);
    const timer = hangsUp ? setTimeout(() => connection.close(), 1) : undefined;
    const response = await sent.finally(() => clearTimeout(timer));
    const status = response?.status ?? 0;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (response) invariants.check(wire.split(" ")[1] ?? "", response);
    else if (!ends && !hangsUp) throw new Error("the connection was closed without a response");
  }

  const group = fc.array(
    requestsTo(templates, () => caller),
    { minLength: 1, maxLength: AT_ONCE, size: "max" },
  );
  const holds = fc.asyncProperty(group, async (sent) => {
    if (rounds % GROUPS_PER_CALLER === 0) caller = await newCaller(service);
    if (rounds === Math.floor(groups / 2)) before = heapUsed();
    rounds += 1;
    const answered = await Promise.allSettled(
      sent.map((request, i) => send(request, connections[i] ?? expect.unreachable())),
    );
    for (const one of answered) if (one.status === "rejected") throw one.reason;
    await victim.isServed();
    invariants.checkLog();
  });
  try {
    await fc.assert(holds, { numRuns: groups, ...(seed !== undefined && { seed }) });
  } finally {
    for (const connection of connections) connection.close();
    victim.hangUp();
  }
  const growth = heapUsed() - before;
  expect(growth, "the heap has grown").toBeLessThan(HEAP_GROWTH);
  return { requests, statuses };
}

/** A user and a client who have nothing to do with the attack: they are served, and their secrets stay theirs. */
async function openVictim(service: Service) {
  const person = await service.person({ password: "the victim's own password" });
  const tokens = await service.tokens(person);
  const clientSecret = await service.client("victim");
  const user = await service.tegata.db.users.findByEmail(person.email);
  const secrets = [
    ...[person.email, person.password, tokens.access_token, tokens.refresh_token],
    ...[clientSecret, SECRET_KEY, PASSWORD_OF_CALLERS, user?.passwordHash ?? expect.unreachable()],
  ];
  const connection = new RawConnection(Number(new URL(service.url).port));
  const request = Buffer.from(
    `GET /trpc/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokens.access_token}\r\n\r\n`,
  );
  return {
    secrets,
    /** @throws if the service does not work for them */
    async isServed() {
      const response = await connection.send(request);
      expect(response).toMatchObject({ status: 200 });
      expect(response?.body).toContain(person.email);
    },
    hangUp: () => connection.close(),
  };
}

const PASSWORD_OF_CALLERS = "the callers' own password";
let callers = 0;

/** A new attacker with accounts, clients and tokens of every kind. */
async function newCaller(service: Service): Promise<Caller> {
  callers += 1;
  const password = PASSWORD_OF_CALLERS;
  const client = `client${callers}`;
  const secret = await service.client(client, {
    grants: "client_credentials password",
    scopes: "me",
  });
  await service.client(`public${callers}`, { public: true, grants: "password refresh_token" });
  const person = await service.person({ password, username: `attacker${callers}` });
  const [own, other] = [await service.tokens(person), await service.tokens(person)];
  const narrow = await service.token({
    username: person.email,
    password: person.password,
    scope: "items",
  });
  const clients = await service.token({ grant_type: "client_credentials" }, basic(client, secret));
  const disabled = await service.person({ password });
  const tokenOfDisabled = await service.login(disabled);
  await service.tegata.db.users.setDisabled(disabled.id, true);
  const tokens = [own.access_token, other.refresh_token, other.access_token, own.refresh_token];
  const bearers = [
    ...[own.access_token, own.access_token, own.access_token, service.issued(narrow).access_token],
    ...[service.issued(clients).access_token, tokenOfDisabled, own.refresh_token],
  ];
  return {
    fields: {
      username: [person.email, `attacker${callers}`, disabled.email, person.email],
      email: [`new${callers}@example.com`, person.email],
      password: [password],
      currentPassword: [password],
      refresh_token: [own.refresh_token, other.refresh_token],
      token: tokens,
      client_id: [client, `public${callers}`],
      client_secret: [secret],
    },
    authorizations: [
      ...bearers.map((token) => `Bearer ${token}`),
      basic(client, secret)["authorization"] ?? expect.unreachable(),
    ],
  };
}

const collectGarbage: () => void = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

/** The bytes in use after a garbage collection. */
function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

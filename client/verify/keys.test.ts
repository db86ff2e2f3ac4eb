import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { openAccessTokens } from "../../server/tokens/access.ts";
import { openKeys } from "../../server/tokens/keys.ts";
import { ENGINES } from "../../testing/engines.ts";
import { ISSUER, SECRET_KEY, useService } from "../../testing/service.ts";
import { createVerifier } from "./core.ts";

const NEXT_SECRET_KEY = "the next secret of the tests, long enough 9876543210";

const [engine] = ENGINES;
if (!engine) throw new Error("no engine");

describe("when the keys change", () => {
  const service = useService(engine);
  let endpoint: { url: string; server: Server };
  let secrets = [SECRET_KEY];
  let broken: { status: number; body: string } | undefined;
  let served = 0;
  beforeAll(async () => {
    const server = createServer(async (_, res) => {
      served += 1;
      const { verifying } = await openKeys(secrets, []);
      const keys = [...verifying.values()].map(({ jwk }) => jwk);
      res.writeHead(broken?.status ?? 200).end(broken?.body ?? JSON.stringify({ keys }));
    }).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    endpoint = { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => endpoint.server.close());
  afterEach(() => {
    secrets = [SECRET_KEY];
    broken = undefined;
    served = 0;
    vi.useRealTimers();
  });

  const verifier = () => createVerifier({ issuer: ISSUER, jwksUri: endpoint.url });
  const sign = async (secret: string) => {
    const keys = await openKeys([secret], []);
    const grant = { subject: "1", clientId: "tegata", sessionId: "session", scope: "me" };
    const { sign } = openAccessTokens(keys, service.tegata.settings, Date.now);
    return (await sign(grant, Number.MAX_SAFE_INTEGER)).token;
  };
  const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  test("a token with a new key makes the verifier fetch again, and the old key is still accepted", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { verifyAccessToken } = verifier();
    const old = await sign(SECRET_KEY);
    expect(await verifyAccessToken(old)).toBeDefined();
    secrets = [NEXT_SECRET_KEY, SECRET_KEY];
    const tokens = await Promise.all(Array.from({ length: 50 }, () => sign(NEXT_SECRET_KEY)));
    expect(await Promise.all(tokens.map(verifyAccessToken))).not.toContain(undefined);
    expect(await verifyAccessToken(old)).toBeDefined();
    expect(served).toBe(2);
  });

  test("a removed key is rejected when the cache expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { verifyAccessToken } = verifier();
    const token = await sign(SECRET_KEY);
    expect(await verifyAccessToken(token)).toBeDefined();
    secrets = [NEXT_SECRET_KEY];
    later(301);
    expect(await verifyAccessToken(token)).toBeUndefined();
  });

  test("a key for an algorithm that Tegata does not use is ignored", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES384", { extractable: true });
    broken = { status: 200, body: JSON.stringify({ keys: [await exportJWK(publicKey)] }) };
    const claims = { sub: "1", client_id: "tegata", sid: "session", scope: "me" };
    const token = await new SignJWT({ ...claims, iss: ISSUER, aud: ISSUER })
      .setProtectedHeader({ alg: "ES384", typ: "at+jwt" })
      .setExpirationTime("1m")
      .sign(privateKey);
    expect(await verifier().verifyAccessToken(token)).toBeUndefined();
  });

  test.each([
    ["respond with an error", { status: 500, body: "" }],
    ["are not JSON", { status: 200, body: "<h1>Welcome</h1>" }],
    ["are missing", { status: 200, body: "{}" }],
  ])("verifying throws while the keys %s, and succeeds afterwards", async (_, answer) => {
    const { verifyAccessToken } = verifier();
    const token = await sign(SECRET_KEY);
    broken = answer;
    await expect(verifyAccessToken(token)).rejects.toThrow("could not fetch the keys from");
    broken = undefined;
    expect(await verifyAccessToken(token)).toBeDefined();
  });

  test("verifying throws if the server is unreachable", async () => {
    const { verifyAccessToken } = createVerifier({
      issuer: ISSUER,
      jwksUri: "http://127.0.0.1:9/jwks.json",
    });
    await expect(verifyAccessToken(await sign(SECRET_KEY))).rejects.toThrow(
      "could not fetch the keys from",
    );
  });
});

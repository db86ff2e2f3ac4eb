/** Tests of the application, on a real Tegata with a database of its own. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createTegata, memoryStore, reasonOf } from "tegata/client";
import { openApp, type Router } from "./app.ts";

const folder = mkdtempSync(join(tmpdir(), "app-"));
const { app, close } = await openApp({
  DATABASE_URL: `file:${folder}/app.db`,
  // The least work that bcrypt can do.
  BCRYPT_COST: "4",
  LOG_LEVEL: "silent",
});
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
after(async () => {
  server.close();
  await close();
  rmSync(folder, { recursive: true });
});

/** Registers a user and logs in. @returns the client of that user */
async function logIn(email: string) {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/auth`;
  const client = createTegata<Router>({ url, store: memoryStore() });
  const password = "correct horse battery";
  await client.api.register.mutate({ email, password });
  await client.login(email, password);
  return client;
}

test("notes belong to the user who added them", async () => {
  const [ada, bob] = [await logIn("ada@example.com"), await logIn("bob@example.com")];
  assert.equal(await ada.api.notes.add.mutate({ text: "one" }), 1);
  assert.deepEqual(await bob.api.notes.list.query(), []);
  const texts = (await ada.api.notes.list.query()).map(({ text }) => text);
  assert.deepEqual(texts, ["one"]);
});

test("users who are not logged in see no notes", async () => {
  const cyd = await logIn("cyd@example.com");
  await cyd.logout();
  assert.equal(await cyd.api.notes.list.query().catch(reasonOf), "not_logged_in");
});

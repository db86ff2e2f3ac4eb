/** What the types of the server promise, for a compiler that trusts no declaration. */
import {
  anyone,
  createTegata,
  type Listening,
  listen,
  Refusal,
  router,
  signedIn,
  signedInWith,
  type WithTegata,
} from "tegata";
import { createTegata as createClient, memoryStore } from "tegata/client";
import { tablesFilter } from "tegata/drizzle";
import { createVerifier } from "tegata/verify";
import { z } from "zod";

const scopes = { "notes:read": "Read your notes", "notes:write": "Add notes" };
const forNotes = signedInWith(scopes);
export const own = router({
  double: anyone.input(z.number()).query(({ input }) => 2 * input),
  whoami: signedIn("me").query(({ ctx }) => {
    // @ts-expect-error: the hash of a password is not for procedures
    void ctx.user.passwordHash;
    if (ctx.user.id === 0) throw new Refusal("not_a_user");
    return ctx.user.email;
  }),
  list: forNotes("notes:read").query(({ ctx }) => [ctx.user.id]),
  mine: forNotes("me").query(({ ctx }) => ctx.sessionId),
});
// @ts-expect-error: only the scopes of Tegata without a declaration
void signedIn("notes:read");
// @ts-expect-error: a misspelled scope
void forNotes("notes:raed");
// @ts-expect-error: it does not name the application
void signedInWith({ write: "Add notes" });
// @ts-expect-error: there is no such scope
void signedIn("everything");
// @ts-expect-error: there is no such setting
void createTegata({ settings: { NO_SUCH_SETTING: "1" } });
export const handler = createTegata({ router: own, scopes }).then((tegata) => tegata.handler);

const { api } = createClient<WithTegata<typeof own>>({ url: "http://x", store: memoryStore() });
export const results: [Promise<number>, Promise<string>, Promise<number[]>, Promise<number>] = [
  api.double.query(1),
  api.whoami.query(),
  api.list.query(),
  api.me.query().then((me) => me.id),
];
export const listening: Promise<Listening> = handler.then((it) => listen(it, { port: 3000 }));
export const filter: string[] = tablesFilter;
export const verifier = createVerifier({ issuer: "http://x" });

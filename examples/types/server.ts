/** What the types of the server promise, for a compiler that trusts no declaration. */
import { anyone, createTegata, Refusal, router, signedIn, type WithTegata } from "tegata";
import { createTegata as createClient, memoryStore } from "tegata/client";
import { createVerifier } from "tegata/verify";
import { z } from "zod";

const own = router({
  double: anyone.input(z.number()).query(({ input }) => 2 * input),
  whoami: signedIn("me").query(({ ctx }) => {
    // @ts-expect-error: the hash of a password is not for procedures
    void ctx.user.passwordHash;
    if (ctx.user.id === 0) throw new Refusal("not_a_user");
    return ctx.user.email;
  }),
});
// @ts-expect-error: there is no such scope
void signedIn("everything");
// @ts-expect-error: there is no such setting
void createTegata({ settings: { NO_SUCH_SETTING: "1" } });
export const handler = createTegata({ router: own }).then((tegata) => tegata.handler);

const { api } = createClient<WithTegata<typeof own>>({ url: "http://x", store: memoryStore() });
export const results: [Promise<number>, Promise<string>, Promise<number>] = [
  api.double.query(1),
  api.whoami.query(),
  api.me.query().then((me) => me.id),
];
export const verifier = createVerifier({ issuer: "http://x" });

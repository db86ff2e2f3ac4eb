/** Registers, logs in and prints `me`. Start the service, then run it with `npm run example`. */
import { createTegata, memoryStore, reasonOf } from "../index.ts";

const tegata = createTegata({
  url: process.env["TEGATA_URL"] ?? "http://127.0.0.1:3000",
  store: memoryStore(),
});
const email = "ada@example.com";
const password = "correct horse battery";

try {
  await tegata.api.register.mutate({ email, password, fullName: "Ada Lovelace" });
} catch (error) {
  // The account exists if the example ran before.
  if (reasonOf(error) !== "email_taken") throw error;
}
await tegata.login(email, password);
console.log(await tegata.api.me.query());
await tegata.logout();

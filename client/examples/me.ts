/** Registers, logs in and prints `me`. Run it beside a started service: `npm run example`. */
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
  // At the second run she is there already.
  if (reasonOf(error) !== "email_taken") throw error;
}
await tegata.login(email, password);
console.log(await tegata.api.me.query());
await tegata.logout();

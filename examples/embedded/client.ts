/** Calls the procedures of Tegata and of the application with one typed client. */
import { createTegata, memoryStore, reasonOf } from "tegata/client";
import type { Router } from "./app.ts";

const url = process.env["APP_URL"] ?? "http://127.0.0.1:4000";
const account = { email: "ada@example.com", password: "correct horse battery" };

const tegata = createTegata<Router>({ url: `${url}/auth`, store: memoryStore() });
await tegata.api.register.mutate(account).catch((error: unknown) => {
  // The account exists if the example ran before.
  if (reasonOf(error) !== "email_taken") throw error;
});
console.log(await tegata.api.notes.list.query().catch(reasonOf));
await tegata.login(account.email, account.password);
for (const text of ["one", "two", "three", "four"])
  console.log(await tegata.api.notes.add.mutate({ text }).catch(reasonOf));
const texts = (await tegata.api.notes.list.query()).map((note) => note.text);
console.log(texts, (await tegata.api.me.query()).email);
await tegata.logout();

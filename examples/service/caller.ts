/** Logs in to Tegata and calls service.ts with its own tRPC client. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { authLink, createTegata, memoryStore, reasonOf } from "tegata-client";
import type { OrdersRouter } from "./service.ts";

const url = process.env["TEGATA_URL"] ?? "http://127.0.0.1:3000";
const orders = process.env["ORDERS_URL"] ?? "http://127.0.0.1:4000";
const email = "ada@example.com";
const password = "correct horse battery";

const { api, login, logout, session } = createTegata({ url, store: memoryStore() });
try {
  await api.register.mutate({ email, password });
} catch (error) {
  // The account exists if the example ran before.
  if (reasonOf(error) !== "email_taken") throw error;
}

await login(email, password);
const client = createTRPCClient<OrdersRouter>({
  links: [authLink(session), httpBatchLink({ url: orders, headers: session.headers })],
});
console.log(await client.orders.query());
const whoami = await fetch(`${orders}/whoami`, { headers: session.headers() });
console.log(await whoami.json());
await logout();

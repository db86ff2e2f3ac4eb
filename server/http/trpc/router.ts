/** The typed procedures: everything under `/trpc`. */
import { accountProcedures } from "./accounts.ts";
import { appsRouter } from "./apps.ts";
import { router } from "./base.ts";
import { emailRouter } from "./email.ts";
import { eventsRouter } from "./events.ts";
import { itemsRouter } from "./items.ts";
import { loginRouter } from "./login.ts";
import { passwordRouter } from "./password.ts";
import { sessionsRouter } from "./sessions.ts";

export const appRouter = router({
  ...accountProcedures,
  sessions: sessionsRouter,
  items: itemsRouter,
  events: eventsRouter,
  apps: appsRouter,
  email: emailRouter,
  password: passwordRouter,
  login: loginRouter,
});

/** The type of everything under `/trpc`: what a typed client imports, and all that it imports. */
export type AppRouter = typeof appRouter;

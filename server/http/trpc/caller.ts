/** The procedures without HTTP, for the doors that mirror them. */
import { createCallerFactory } from "./base.ts";
import { appRouter } from "./router.ts";

/** Calls procedures in a context; a refusal is thrown as a TRPCError. */
export const createCaller = createCallerFactory(appRouter);

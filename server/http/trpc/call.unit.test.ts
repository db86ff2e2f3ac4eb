import { type AnyTRPCProcedure, initTRPC, TRPCError } from "@trpc/server";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { Context, Meta } from "./base.ts";
import { callerOf } from "./call.ts";

const { procedure, middleware } = initTRPC.context<Context>().meta<Meta>().create({ isDev: false });

/** What middlewares and resolvers have seen, in order. */
let seen: unknown[] = [];
beforeEach(() => {
  seen = [];
});

const observed = procedure.use(async ({ next, getRawInput, ...options }) => {
  seen.push("before", { ...options }, await getRawInput());
  const result = await next();
  seen.push("after", result.ok ? result.data : [result.error.code, result.error.message]);
  return result;
});
const named = observed.use(({ ctx, next }) => next({ ctx: { name: "ada", caller: ctx.caller } }));
const replacing = middleware(({ next }) => next({ getRawInput: async () => ({ n: 7 }) }));
const numbered = named.input(z.object({ n: z.number() }));
const fail = (error: Error) => () => {
  throw error;
};

const inTime = z.string().refine(async (text) => text !== "wrong");

const PROCEDURES: Record<string, AnyTRPCProcedure> = {
  "a plain one": procedure.query(() => "result"),
  "one that returns nothing": procedure.query(() => undefined),
  "one with metadata": observed.meta({ summary: "x" }).query(({ ctx }) => Object.keys(ctx)),
  "one whose context grows": named.query(({ ctx }) => [Object.keys(ctx), ctx.name]),
  "one with an input": numbered.query(({ input, path, ctx }) => [input, path, ctx.name]),
  "one with two inputs": numbered
    .input(z.object({ s: z.string().default("s") }))
    .query(({ input }) => input),
  "one whose input is replaced": observed
    .use(replacing)
    .input(z.object({ n: z.number() }))
    .mutation(({ input }) => input),
  "one with an output": numbered.output(z.object({ n: z.number() })).query(({ input }) => ({
    ...input,
    secret: "not in the output",
  })),
  "one whose output is wrong": observed.output(z.string()).query(() => Number("1") as never),
  "one whose output is checked in the background": observed.output(inTime).query(() => "right"),
  "one whose output turns out to be wrong": observed.output(inTime).query(() => "wrong"),
  "one whose output fails before it is checked": observed
    .output(inTime)
    .query(fail(new Error("x"))),
  "one whose output has no schema of zod": observed
    .output((value: unknown) => `${value}!`)
    .query(() => "right"),
  "one that throws": observed.query(fail(new Error("unexpected"))),
  "one that throws an error of tRPC": observed.query(
    fail(new TRPCError({ code: "CONFLICT", message: "taken" })),
  ),
  "one whose middleware throws": observed.use(fail(new Error("unexpected"))).query(() => "never"),
  "one that is saved by a middleware": procedure
    .use(async ({ next }) => {
      const result = await next();
      return result.ok ? result : next({ ctx: { retried: true } });
    })
    .query(({ ctx }) => ("retried" in ctx ? "saved" : fail(new Error("once"))())),
};
const INPUTS = [undefined, null, {}, { n: 1 }, { n: "1" }, { n: 1, s: "t" }];

const ctx = { caller: { is: "anonymous" } } as Context;

/** What a call has led to: its output or its error, and what has been seen meanwhile. */
async function outcomeOf(call: () => Promise<unknown>) {
  seen = [];
  const outcome = await call().catch((error: unknown) => {
    expect(error).toBeInstanceOf(TRPCError);
    const { code, message, cause } = error as TRPCError;
    return { code, message, cause: cause && [cause.name, cause.message] };
  });
  return { outcome, seen };
}

test.each(Object.entries(PROCEDURES))("calls %s as tRPC does", async (_, called) => {
  const caller = callerOf(called);
  const { type } = called._def;
  for (const input of INPUTS) {
    const { signal } = new AbortController();
    const call = { path: "a.b", batchIndex: 3, ctx, signal };
    const theirs = await outcomeOf(() => called({ ...call, type, getRawInput: async () => input }));
    expect(await outcomeOf(() => caller({ ...call, input }))).toEqual(theirs);
  }
});

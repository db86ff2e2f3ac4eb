import express, { type Express } from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLog } from "../log.ts";
import { type Listening, listen } from "./listen.ts";
import { notFound, problemHandler } from "./problem.ts";

const logged: string[] = [];
let listening: Listening;
beforeAll(async () => {
  const log = openLog({ logLevel: "trace" }, { write: (line) => void logged.push(line) });
  const app: Express = express();
  app.get("/broken", () => {
    throw new Error("Failed query: hidden");
  });
  app.get("/names/:name", (_req, res) => void res.end());
  app.use(notFound);
  app.use(problemHandler(log));
  listening = await listen(app, { host: "127.0.0.1", port: 0 });
});
afterAll(() => listening.close());

test.each([
  ["what is not there", "/nothing?x=%3Cscript%3E", { title: "Not Found", status: 404 }],
  ["a path that does not decode", "/names/%ff", { title: "Bad Request", status: 400 }],
  ["what a route threw", "/broken?x", { title: "Internal Server Error", status: 500 }],
])("%s is a problem that repeats nothing", async (_, path, problem) => {
  logged.length = 0;
  const answer = await fetch(listening.url + path);
  expect(answer.status).toBe(problem.status);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json(;|$)/);
  expect(await answer.json()).toEqual(problem);
  expect(logged.map((line) => JSON.parse(line).msg)).toEqual(
    problem.status === 500 ? ["a request failed"] : [],
  );
  expect(logged.join("")).not.toContain("hidden");
});

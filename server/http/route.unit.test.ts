import express, { type Express } from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLog } from "../log.ts";
import { type Listening, listen } from "./edge/listen.ts";
import { problemFormat } from "./problem.ts";
import { routes } from "./route.ts";

const logged: string[] = [];
let listening: Listening;
beforeAll(async () => {
  const log = openLog({ logLevel: "trace" }, { write: (line) => void logged.push(line) });
  const app: Express = express();
  const { route, end } = routes(app, log);
  const fail = () => {
    throw new Error("Failed query: hidden");
  };
  route("/broken", { GET: fail }, problemFormat);
  route("/names/:name", { GET: () => ({ body: {} }) }, problemFormat);
  app.get("/broken/middleware", fail);
  end(problemFormat);
  listening = await listen(app, { host: "127.0.0.1", port: 0, keepAliveSeconds: 75 });
});
afterAll(() => listening.close());

test.each([
  ["an unknown path", "/nothing?x=%3Cscript%3E", { title: "Not Found", status: 404 }],
  ["a path that cannot be decoded", "/names/%ff", { title: "Bad Request", status: 400 }],
  ["an error in a handler", "/broken?x", { title: "Internal Server Error", status: 500 }],
  [
    "an error in a middleware",
    "/broken/middleware",
    { title: "Internal Server Error", status: 500 },
  ],
])("%s returns a problem that does not repeat the request", async (_, path, problem) => {
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

/** The ways in which a request is answered: on the socket, by the fast path with Node's http server, and by Express. */
import { request } from "node:http";
import type { AnyTRPCRouter } from "@trpc/server";
import { createExpress } from "../server/http/app.ts";
import { type Listening, listen } from "../server/http/edge/listen.ts";
import { fastPath } from "../server/http/fast/fast.ts";
import { appRouter } from "../server/http/trpc/router.ts";
import type { Tegata } from "../server/tegata.ts";

/** What differs between two equal responses: the time, and how the body is framed. */
const INCIDENTAL = new Set(["date", "content-length", "transfer-encoding", "x-request-id"]);

/** The headers of a request. */
export type Headers = Record<string, string>;

/** A response, apart from what differs between two equal ones. */
export interface Response {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}

/**
 * Sends a request as it is: unlike fetch, it adds nothing and leaves a compressed body alone.
 * @param body as bytes of Latin-1
 */
export const send = (url: string, method: string, path: string, headers: Headers, body?: string) =>
  new Promise<Response>((resolve, reject) => {
    request(url, { method, path, headers, agent: false }, async (res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of res) chunks.push(chunk as Buffer);
      const kept = Object.entries(res.headers).filter(([name]) => !INCIDENTAL.has(name));
      const text = Buffer.concat(chunks).toString("latin1");
      resolve({ status: res.statusCode, headers: Object.fromEntries(kept), body: text });
    })
      .once("error", reject)
      .end(body, "latin1");
  });

/** One service that listens in all three ways. */
export interface Ways {
  /** On the socket, if it can; otherwise with Express. */
  direct: string;
  /** With Node's http server, but without Express if it can. */
  fast: string;
  /** With Express. */
  slow: string;
  /** How many requests were answered on the socket, and how many the fast path has left to Express. */
  seen: { direct: number; left: number };
  close(): Promise<unknown>;
}

/** Listens in all three ways. */
export async function listenAllWays(
  tegata: Tegata,
  router: AnyTRPCRouter = appRouter,
): Promise<Ways> {
  const seen = { direct: 0, left: 0 };
  const express = createExpress(tegata, router);
  const path = fastPath(tegata, router, (req, res) => {
    seen.left += 1;
    express(req, res);
  });
  const address = { host: "127.0.0.1", port: 0, keepAliveSeconds: 1 };
  const servers: Listening[] = [
    await listen(express, address, (req) => {
      const response = path.answer(req);
      if (!response) return undefined;
      seen.direct += 1;
      return { response, end: () => undefined };
    }),
    await listen(path.serve, address),
    await listen(express, address),
  ];
  const [direct = "", fast = "", slow = ""] = servers.map(({ url }) => url);
  return { direct, fast, slow, seen, close: () => Promise.all(servers.map((s) => s.close())) };
}

/**
 * Serves new connections without Node's http server. While a caller sends only plain requests that can be answered directly,
 * each takes half as long as with that server. The first other request hands the connection to Node for good.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { fewAtATime } from "./few-at-a-time.ts";
import { HangUp } from "./hang-up.ts";
import { linger } from "./linger.ts";
import { readPlain } from "./plain-request.ts";
import type { End, Received } from "./received.ts";

/** A response. */
export interface Message {
  status: number;
  /** The lines of the header, each with its end, without `Date` and those about the connection. */
  head: string;
  /** As a text only if it is in ASCII: then it takes half as long to write. */
  body: string | Buffer | undefined;
}

/** A request that is being answered. */
export interface Exchange {
  /** If it fails, a GET is served again, by Node. What a POST has done must not be done twice: its connection is closed. */
  response: Promise<Message>;
  end: End;
}

/** Answers a plain request. @returns undefined for one that Node must read */
export type Direct = (req: Received) => Exchange | undefined;

/** Limits, in milliseconds. */
export interface DirectLimits {
  /** How long a new connection may stay silent before Node takes it over. */
  firstMs: number;
  /** How long a connection may be silent after a response, as callers are told. */
  keepAliveMs: number;
  /** How long a response may make no progress because the caller does not read it. */
  stalledMs: number;
}

/** The connections that Node's http server has not taken over. */
export interface DirectConnections {
  take(socket: Socket): void;
  /** From now on, each response tells the caller not to reuse its connection. */
  drain(): void;
  /** Closes the connections that wait for a request. */
  closeIdle(): void;
  closeAll(): void;
}

/**
 * How many bytes to keep reading while a response is pending. Node reports a hang-up only on a socket that is being read.
 */
const EARLY_BYTES = 16 * 1024;
/**
 * How many POSTs begin in one turn of the event loop. In a flood of logins, hundreds arrive at once, and reads would wait
 * for the refusals of all of them.
 */
const POSTS_PER_TURN = 4;
/** Of a POST that waits for its turn. */
const WAITING: Exchange = { response: new Promise(() => undefined), end: () => undefined };
/**
 * How much longer a connection may be silent than callers are told, in milliseconds: a request that is sent just in time
 * still has to arrive.
 */
const MARGIN_MS = 1_000;

/**
 * Serves new connections.
 * @param toNode takes a connection for good
 */
export function directConnections(
  direct: Direct,
  toNode: (socket: Socket) => void,
  { firstMs, keepAliveMs, stalledMs }: DirectLimits,
): DirectConnections {
  /** For each connection, whether it waits for a request. */
  const open = new Map<Socket, () => boolean>();
  const silenceMs = keepAliveMs + MARGIN_MS;
  const keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1000)}`;
  const inItsTurn = fewAtATime(POSTS_PER_TURN);
  let isDraining = false;

  function take(socket: Socket): void {
    /** The request that is being answered, until its response is written. */
    let exchange: Exchange | undefined;
    let hangUp: HangUp | undefined;
    let isWriting = false;
    /** What arrived before the response was written. After that, Node gets it together with the connection. */
    let early: Buffer | undefined;
    let isLast = false;

    const onData = (chunk: Buffer): void => {
      // After the last response, what still arrives is dropped.
      if (socket.writableEnded) return;
      if (exchange || isWriting) {
        early = joined(early, chunk);
        if (isWriting || early.length > EARLY_BYTES) socket.pause();
        return;
      }
      const request = isDraining ? undefined : readPlain(chunk, socket);
      if (!request) return void leave(chunk);
      isLast = request.headers.connection?.toLowerCase() === "close";
      const isPost = request.method === "POST";
      // A GET starts no work that is worth cancelling.
      hangUp = isPost ? new HangUp() : undefined;
      if (hangUp) request.hangUp = hangUp;
      if (!isPost) return void begin(request, chunk);
      exchange = WAITING;
      // Unless the caller has hung up meanwhile.
      inItsTurn(() => exchange && begin(request, chunk));
    };

    const begin = (request: Received, chunk: Buffer): void => {
      exchange = direct(request);
      if (!exchange) return void leave(chunk);
      const fail = () => (request.method === "POST" ? socket.destroy() : leave(chunk));
      exchange.response.then(respond, fail);
    };

    const respond = ({ status, head, body = "" }: Message): void => {
      if (!exchange) return;
      isLast ||= isDraining;
      const connection = isLast ? "Connection: close" : keepAlive;
      const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}Date: ${date()}\r\n${connection}\r\n\r\n`;
      isWriting = true;
      if (typeof body === "string") socket.write(text + body, "latin1", onWritten);
      else {
        socket.cork();
        socket.write(text);
        socket.write(body, onWritten);
        socket.uncork();
      }
      exchange.end(status);
      exchange = undefined;
      setTimeLimit(socket.writableLength > 0 ? stalledMs : silenceMs);
    };

    /** When the kernel has taken all of the response. */
    const onWritten = (): void => {
      isWriting = false;
      if (isLast) linger(socket.resume());
      else if (early) leave();
      else setTimeLimit(silenceMs);
    };

    const setTimeLimit = (ms: number): void => {
      if (socket.timeout !== ms) socket.setTimeout(ms);
    };

    const leave = (chunk?: Buffer): void => {
      exchange = undefined;
      // Node cannot take a connection that has ended.
      if (socket.writableEnded || socket.destroyed) return;
      open.delete(socket);
      for (const [event, listener] of listeners) socket.off(event, listener);
      socket.setTimeout(0).pause();
      const unread = joined(chunk, early);
      if (unread.length > 0) socket.unshift(unread);
      toNode(socket);
      socket.resume();
    };

    // Like Node's server, treat a half-closed connection as a hang-up.
    const onEnd = (): void => {
      abort();
      socket.end();
    };

    const onTimeout = (): void => {
      // While there is no response, the service is slow and not the caller.
      if (exchange) return;
      if (socket.bytesWritten === 0) leave();
      else socket.destroy();
    };

    const onClose = (): void => {
      open.delete(socket);
      abort();
    };

    const abort = (): void => {
      if (!exchange) return;
      exchange.end(undefined);
      exchange = undefined;
      hangUp?.happen();
    };

    const listeners: readonly [event: string, listener: (chunk: Buffer) => void][] = [
      ["data", onData],
      ["end", onEnd],
      ["timeout", onTimeout],
      ["error", () => socket.destroy()],
      ["close", onClose],
    ];
    for (const [event, listener] of listeners) socket.on(event, listener);
    open.set(socket, () => !exchange && !isWriting);
    socket.setTimeout(firstMs);
  }

  return {
    take,
    drain() {
      isDraining = true;
    },
    closeIdle() {
      for (const [socket, isIdle] of open) if (isIdle()) socket.destroy();
    },
    closeAll() {
      for (const socket of open.keys()) socket.destroy();
    },
  };
}

const joined = (first: Buffer | undefined, then: Buffer | undefined): Buffer =>
  Buffer.concat([first, then].filter((chunk) => chunk !== undefined));

let second = 0;
let dateOfSecond = "";

/** The value of the header `Date` (RFC 9110 section 6.6.1). */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    dateOfSecond = new Date(now * 1000).toUTCString();
  }
  return dateOfSecond;
}

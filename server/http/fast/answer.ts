/** Responses that are written without Express. */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Tegata } from "../../tegata.ts";
import type { Message } from "../edge/direct.ts";
import { allowOrigin, commonHeaders, type Middleware } from "../edge/headers.ts";
import type { Received } from "../edge/received.ts";
import { REQUEST_ID, senderOf } from "../edge/request-log.ts";

/** Headers in the two forms in which they are written. Those of many responses are made once. */
export class HeaderList {
  /** Names and values in turn. Node writes a list as it is; an object, or headers set one by one, take twice as long. */
  readonly list: readonly string[];
  #lines: string | undefined;

  constructor(headers: Readonly<Record<string, string>>) {
    this.list = Object.entries(headers).flat();
  }

  /** One line for each. @throws if a value has characters that would have to be encoded, or would end the line */
  get lines(): string {
    this.#lines ??= linesOf(this.list);
    return this.#lines;
  }
}

function linesOf(list: readonly string[]): string {
  let lines = "";
  for (let i = 0; i < list.length; i += 2) {
    const line = `${list[i]}: ${list[i + 1]}`;
    if (/[^\x20-\x7e]/.test(line)) throw new TypeError("a header has an invalid value");
    lines += `${line}\r\n`;
  }
  return lines;
}

/** What is logged if there is no response, or it has an invalid header. */
export const NOT_WRITTEN = "a response could not be written";

/** A response, whole. */
export interface Answer {
  status: number;
  headers: HeaderList;
  /** Undefined if there is none. */
  body: string | Buffer | undefined;
}

/** Adds to answers what every response has. */
export interface Finish {
  /** Writes an answer as the response of Node. If there is none, the connection is closed. */
  write(req: IncomingMessage, res: ServerResponse, answer: Answer | Promise<Answer>): Promise<void>;
  /** Makes an answer a message. */
  message(req: Received, answer: Answer): Message | Promise<Message>;
}

/**
 * Makes the functions that finish an answer with the headers for browsers, which are taken once from what Express uses.
 * @param replaced the name of a header that the answer sets instead, in lower case
 */
export function finisher(
  { settings, webOrigins, log }: Pick<Tegata, "settings" | "webOrigins" | "log">,
  replaced?: string,
): Finish {
  const sample = (...middleware: Middleware[]) =>
    Object.fromEntries(
      Object.entries(sampleHeaders(middleware)).filter(([name]) => name !== replaced),
    );
  const common = commonHeaders(settings);
  const forAll = new HeaderList(sample(common));
  const forAllowed = sample(common, allowOrigin);
  const headersFor = async (origin: string) =>
    (await webOrigins.allows(origin))
      ? new HeaderList({ ...forAllowed, "access-control-allow-origin": origin })
      : forAll;

  const messageOf = (req: Received, { status, headers, body }: Answer, first: HeaderList) => {
    const id = `${REQUEST_ID}: ${senderOf(req).requestId}\r\n`;
    const head = first.lines + headers.lines;
    if (body === undefined) {
      // `write` lets Node decide how to frame an empty response. Here, only 204 may be empty: it needs no Content-Length.
      if (status !== 204) throw new Error("only 204 has no body");
      return { status, head: head + id, body };
    }
    const bytes = Buffer.byteLength(body);
    return {
      status,
      head: `${head}Content-Length: ${bytes}\r\n${id}`,
      // A text in ASCII has as many bytes as characters.
      body: typeof body === "string" && bytes !== body.length ? Buffer.from(body) : body,
    };
  };

  return {
    async write(req, res, answer) {
      const { requestId } = senderOf(req);
      try {
        const { status, headers, body } = await answer;
        const { origin } = req.headers;
        const first = origin === undefined ? forAll : await headersFor(origin);
        const length =
          body === undefined ? [] : ["Content-Length", String(Buffer.byteLength(body))];
        const list = first.list.concat(headers.list, length, REQUEST_ID, requestId);
        res.writeHead(status, list).end(body);
      } catch (err) {
        log.error({ err, requestId }, NOT_WRITTEN);
        res.destroy();
      }
    },
    message(req, answer) {
      const { origin } = req.headers;
      return origin === undefined
        ? messageOf(req, answer, forAll)
        : headersFor(origin).then((first) => messageOf(req, answer, first));
    },
  };
}

/** What middleware sets on the response to a GET from some origin; the names are in lower case. */
function sampleHeaders(all: readonly Middleware[]): Record<string, string> {
  const req = new IncomingMessage(new Socket());
  req.method = "GET";
  req.headers.origin = "https://origin.invalid";
  const res = new ServerResponse(req);
  for (const middleware of all) middleware(req, res, () => undefined);
  const sent = Object.entries(res.getHeaders());
  return Object.fromEntries(sent.map(([name, value]) => [name, String(value)]));
}

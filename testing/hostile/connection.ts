/** A connection that sends bytes exactly as they are: `fetch` would correct or reject most hostile requests. */
import { connect, type Socket } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** A response as it came over the wire. */
export interface RawResponse {
  status: number;
  /** By lowercase name; the values of a repeated header are joined by line breaks. */
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** How long a response may take, in milliseconds: only a request that is never answered takes as long. */
const PATIENCE_MS = 15_000;

/** A connection to a service, reconnected when it was closed. Requests are sent one after the other. */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /**
   * Sends a request.
   * @param ends whether nothing follows: the server sees the end of the connection, and needs not wait for more
   * @returns the response; undefined if the connection was closed without one
   */
  async send(request: Buffer, ends = false): Promise<RawResponse | undefined> {
    if (this.#socket?.destroyed) this.#socket = undefined;
    this.#socket ??= connect(this.#port, "127.0.0.1").setNoDelay();
    const socket = this.#socket;
    const isHead = request.subarray(0, 5).toString("latin1") === "HEAD ";
    const response = new Promise<RawResponse | undefined>((resolve, reject) => {
      let received = "";
      const timer = setTimeout(() => reject(new Error("there was no response")), PATIENCE_MS);
      const settle = (parsed: RawResponse | undefined) => {
        clearTimeout(timer);
        socket.removeAllListeners();
        // The socket may fail later, which then concerns nobody.
        socket.on("error", () => undefined);
        resolve(parsed);
      };
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
        const parsed = parse(received, isHead, false);
        if (parsed) settle(parsed);
      });
      // Of a reset connection, what arrived before is the response.
      socket.on("error", () => undefined);
      socket.on("close", () => settle(parse(received, isHead, true)));
    });
    if (ends) socket.end(request);
    else socket.write(request);
    const answer = await response;
    if (ends || !answer || answer.headers.get("connection") === "close") this.close();
    return answer;
  }

  /** Closes the connection, even in the middle of a request. */
  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}

/** @returns undefined if the response is not complete */
function parse(text: string, isHead: boolean, isClosed: boolean): RawResponse | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const rest = text.slice(end + 4);
  // An interim response, such as 100 Continue.
  if (status < 200) return parse(rest, isHead, isClosed);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [name = "", ...value] = line.split(":");
    const key = name.toLowerCase();
    const before = headers.get(key);
    const text = value.join(":").trim();
    headers.set(key, before === undefined ? text : `${before}\n${text}`);
  }
  const body = isHead || status === 204 || status === 304 ? "" : bodyOf(rest, headers, isClosed);
  if (body === undefined) return undefined;
  return { status, headers, body: decoded(Buffer.from(body, "latin1"), headers).toString() };
}

function decoded(body: Buffer, headers: ReadonlyMap<string, string>): Buffer {
  switch (body.length > 0 && headers.get("content-encoding")) {
    case "br":
      return brotliDecompressSync(body);
    case "gzip":
      return gunzipSync(body);
    default:
      return body;
  }
}

function bodyOf(
  rest: string,
  headers: ReadonlyMap<string, string>,
  isClosed: boolean,
): string | undefined {
  const length = headers.get("content-length");
  if (headers.get("transfer-encoding") === "chunked") return unchunk(rest);
  if (length === undefined) return isClosed ? rest : undefined;
  return rest.length < Number(length) ? undefined : rest.slice(0, Number(length));
}

/** @returns undefined if the last chunk has not arrived */
function unchunk(rest: string): string | undefined {
  let body = "";
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    const size = Number.parseInt(rest.slice(at, line), 16);
    if (line === -1 || rest.length < line + 2 + size + 2) return undefined;
    if (size === 0) return body;
    body += rest.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

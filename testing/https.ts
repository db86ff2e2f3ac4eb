/** Requests over TLS to a server of the tests, whose authority no system knows. */
import { request } from "node:https";

/** What an HTTPS server answered. */
export interface HttpsResponse {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined>;
  json: unknown;
}

/**
 * Sends a request to a server on 127.0.0.1.
 * @param options `ca`: the certificate of its authority. `from`: the loopback address to send it from
 * @throws if the certificate is not one of `ca` for the host of the URL
 */
export function httpsRequest(
  url: string,
  options: { ca: string; from?: string; headers?: Record<string, string>; form?: URLSearchParams },
): Promise<HttpsResponse> {
  const { ca, from, headers = {}, form } = options;
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      servername: hostname,
      port,
      path: pathname,
      ca,
      agent: false,
      method: form ? "POST" : "GET",
      headers: {
        host: `${hostname}:${port}`,
        ...(form && { "content-type": "application/x-www-form-urlencoded" }),
        ...headers,
      },
      ...(from !== undefined && { localAddress: from }),
    });
    asked.once("error", reject).once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("end", () => {
        const { statusCode: status, headers } = response;
        const isJson = /json/.test(headers["content-type"] ?? "");
        resolve({ status, headers, json: isJson ? JSON.parse(text) : undefined });
      });
    });
    asked.end(form?.toString());
  });
}

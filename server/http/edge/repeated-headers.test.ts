import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { basic, PASSWORD, useService } from "../../../testing/service.ts";

const FORM = "application/x-www-form-urlencoded";

describe("a header that is sent twice", () => {
  const [engine = expect.unreachable()] = ENGINES;
  const service = useService(engine);

  /** Sends a form. `fetch` would join the headers. */
  const post = async (path: string, form: string, headers: readonly (readonly string[])[]) => {
    const { host } = new URL(service.url);
    const raw = [...headers, ["Content-Length", String(form.length)]].flat();
    // With a list of headers, Node adds no Host.
    const all = raw.some((name) => name.toLowerCase() === "host") ? raw : ["Host", host, ...raw];
    const sent = request(service.url + path, { method: "POST", headers: all });
    sent.end(form);
    const [response] = await once(sent, "response");
    return { status: response.statusCode, body: await text(response) };
  };

  test.each([
    ["/token", `grant_type=password&username=ada&password=${PASSWORD}`],
    ["/token/", `username=ada&password=${PASSWORD}`],
    ["/revoke", "token=x"],
    ["/introspect", "token=x"],
  ])("as Authorization at %s is refused, whoever it names (security O1)", async (path, form) => {
    const secret = await service.client(`client${path.length}${path.at(-1)}`);
    const { authorization = "" } = basic(`client${path.length}${path.at(-1)}`, secret);
    const type = ["Content-Type", FORM];
    for (const [one, other] of [
      [authorization, authorization],
      [authorization, "Basic Og=="],
      ["Basic Og==", "Bearer x"],
    ] as const) {
      const twice = [["Authorization", one] as const, ["authorization", other] as const];
      const answer = await post(path, form, [type, ...twice]);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toEqual({
        error: "invalid_request",
        error_description: "the Authorization header is repeated",
      });
    }
    expect((await post(path, form, [type, ["Authorization", authorization]])).body).not.toContain(
      "repeated",
    );
  });

  test.each(["Content-Type", "Host"])("as %s is refused at every path", async (name) => {
    const values = name === "Host" ? ["a.example.com", "b.example.com"] : [FORM, "text/plain"];
    const headers = values.map((value) => [name, value]);
    for (const path of ["/token", "/api/token", "/trpc/register", "/api/register", "/revoke"])
      expect((await post(path, "token=x", headers)).status).toBe(400);
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";

const [engine = expect.unreachable()] = ENGINES;
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const MULTIPART = "multipart/form-data; boundary=x";

/** Every kind of endpoint with a valid body. The number makes each registered email different. */
const DOORS: readonly [path: string, type: string, body: (n: number) => string][] = [
  ["/token", FORM, () => `grant_type=password&username=ada&password=${PASSWORD}`],
  ["/token", MULTIPART, () => parts({ username: "ada", password: PASSWORD })],
  ["/revoke", FORM, () => "token=x"],
  ["/api/token", FORM, () => `username=ada&password=${PASSWORD}`],
  ["/api/token", MULTIPART, () => parts({ username: "ada", password: PASSWORD })],
  ["/api/register", JSON_TYPE, (n) => `{"email":"a${n}@example.com","password":"${PASSWORD}"}`],
  ["/api/items", JSON_TYPE, () => '{"title":"A lantern"}'],
  ["/trpc/items.add", JSON_TYPE, () => '{"title":"A lantern"}'],
];

const parts = (fields: Record<string, string>) =>
  `${Object.entries(fields)
    .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`)
    .join("\r\n")}\r\n--x--\r\n`;

describe.each(DOORS)("%s with %s", (path, type, body) => {
  const service = useService(engine);
  let authorization: string;
  let n = 0;
  beforeAll(async () => {
    const ada = await service.person({ username: "ada" });
    authorization = `Bearer ${await service.login(ada)}`;
  });
  const send = (charset: string, encode = (text: string) => Buffer.from(text)) => {
    n += 1;
    const headers = { "content-type": type + charset, authorization };
    return service.request("POST", path, { body: encode(body(n)), headers });
  };

  test.each([
    "",
    "; charset=utf-8",
    "; charset=UTF-8",
    '; charset="utf-8"',
    "; charset=utf8",
    ";charset=UTF8",
    "; charset=unicode-1-1-utf-8",
  ])("accepts the charset %j", async (charset) => {
    expect(await send(charset)).toMatchObject({ status: 200 });
  });

  test.each(["latin1", "utf-16le", "utf-7", "shift_jis", "nonsense", '""'])(
    "rejects the charset %s",
    async (charset) => {
      const { status, text } = await send(`; charset=${charset}`);
      expect([400, 415, 422]).toContain(status);
      expect(text).toContain("in UTF-8");
    },
  );

  test("rejects bytes that are not UTF-8", async () => {
    const { status, text } = await send("", (it) => Buffer.from(it.replace("e", "\xff"), "latin1"));
    expect([400, 415, 422]).toContain(status);
    expect(text).toContain("in UTF-8");
  });
});

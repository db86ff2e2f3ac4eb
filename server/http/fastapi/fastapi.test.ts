import axios, { type AxiosResponse } from "axios";
import { beforeAll, describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";

describe.each(ENGINES)(
  "the paths of the two FastAPI systems on $name, called with axios",
  (engine) => {
    const service = useService(engine);
    const http = axios.create({ validateStatus: () => true, maxRedirects: 0 });
    const url = (path: string) => service.url + path;
    const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
    const form = (fields: Record<string, string>) => new URLSearchParams(fields);
    const expectAnswer = (
      { status, data, headers }: AxiosResponse,
      expected: number,
      body: unknown,
    ) => {
      expect(data).toEqual(body);
      expect(status).toBe(expected);
      expect(headers["content-type"]).toBe("application/json");
    };
    let person: { id: number; email: string; password: string };
    beforeAll(async () => {
      person = await service.person({ username: "johndoe", fullName: "John Doe" });
    });

    describe("system A", () => {
      const login = async (username = "johndoe", password = person.password) => {
        const { data, status } = await http.post(url("/token"), form({ username, password }));
        expect(status).toBe(200);
        expect(data.token_type).toBe("Bearer");
        return service.secret(data.access_token as string);
      };

      test.each(["/users/me", "/users/me/"])(
        "%s returns the user without a redirect",
        async (path) => {
          expectAnswer(await http.get(url(path), bearer(await login())), 200, {
            username: "johndoe",
            email: person.email,
            full_name: "John Doe",
            disabled: false,
          });
        },
      );

      test.each(["/users/me/items", "/users/me/items/"])(
        "%s returns the item Foo of a new user without a redirect",
        async (path) => {
          expectAnswer(await http.get(url(path), bearer(await login())), 200, [
            { item_id: "Foo", owner: "johndoe" },
          ]);
        },
      );

      test("the email is returned if a user has no username", async () => {
        const other = await service.person();
        const token = await login(other.email, other.password);
        expectAnswer(await http.get(url("/users/me/items"), bearer(token)), 200, [
          { item_id: "Foo", owner: other.email },
        ]);
        const { data } = await http.get(url("/users/me"), bearer(token));
        expect(data).toEqual({
          username: other.email,
          email: other.email,
          full_name: null,
          disabled: false,
        });
      });

      test.each(["/users/me", "/users/me/", "/users/me/items", "/users/me/items/"])(
        "%s without a valid token is 401",
        async (path) => {
          const none = await http.get(url(path));
          expectAnswer(none, 401, { detail: "Not authenticated" });
          expect(none.headers["www-authenticate"]).toBe("Bearer");
          for (const token of ["", "undefined"]) {
            const bad = await http.get(url(path), bearer(token));
            expectAnswer(bad, 401, { detail: "Could not validate credentials" });
            expect(bad.headers["www-authenticate"]).toBe("Bearer");
          }
        },
      );

      test("a disabled user is 400", async () => {
        const off = await service.person();
        const token = await login(off.email, off.password);
        await service.tegata.db.users.setDisabled(off.id, true);
        expectAnswer(await http.get(url("/users/me"), bearer(token)), 400, {
          detail: "Inactive user",
        });
      });

      test("a token without the required scope is rejected as in FastAPI's tutorial", async () => {
        const { data } = await http.post(
          url("/token"),
          form({ username: "johndoe", password: person.password, scope: "me" }),
        );
        const refused = await http.get(
          url("/users/me/items"),
          bearer(service.secret(data.access_token)),
        );
        expectAnswer(refused, 401, { detail: "Not enough permissions" });
        expect(refused.headers["www-authenticate"]).toBe('Bearer scope="items"');
      });
    });

    describe("system B", () => {
      const account = { email: "b@example.com", password: PASSWORD };

      test("registers, logs in and returns the account", async () => {
        const registered = await http.post(url("/api/register"), account);
        expectAnswer(registered, 200, { email: account.email, id: expect.any(Number) });
        const login = await http.post(
          url("/api/token"),
          form({ username: account.email, password: account.password }),
        );
        expectAnswer(login, 200, { access_token: expect.any(String), token_type: "bearer" });
        const token = service.secret(login.data.access_token);
        expectAnswer(await http.get(url("/api/user/me"), bearer(token)), 200, {
          email: account.email,
          id: registered.data.id,
        });
        expectAnswer(await http.get(url("/api/is_logined"), bearer(token)), 200, {
          is_logined: true,
        });
      });

      test("a taken email is 409, and unknown fields are ignored", async () => {
        expectAnswer(
          await http.post(url("/api/register"), { ...account, email: person.email }),
          409,
          {
            detail: "already used email address",
          },
        );
        const more = { ...account, email: "more@example.com", disabled: true, id: 1 };
        expectAnswer(await http.post(url("/api/register"), more), 200, {
          email: more.email,
          id: expect.any(Number),
        });
        const token = await service.login({ email: more.email, password: PASSWORD });
        expect((await http.get(url("/users/me"), bearer(token))).data).toMatchObject({
          disabled: false,
        });
      });

      test.each<[unknown, string]>([
        [{ email: "nobody", password: PASSWORD }, "email"],
        [{ email: "a@b.c" }, "password"],
        [{ email: "a@b.c", password: "short" }, "password"],
        [{ email: ["a@b.c"], password: PASSWORD }, "email"],
      ])("registering with %j is 422 and names the field", async (body, field) => {
        expectAnswer(await http.post(url("/api/register"), body), 422, {
          detail: [
            {
              loc: ["body", field],
              msg: expect.any(String),
              type: expect.stringMatching(/^value_error\./),
            },
          ],
        });
      });

      test("an incorrect password and an unknown user are 401", async () => {
        for (const username of [account.email, "nobody@example.com"]) {
          const refused = await http.post(
            url("/api/token"),
            form({ username, password: "wrong password" }),
          );
          expectAnswer(refused, 401, { detail: "incorrect email or password" });
          expect(refused.headers["www-authenticate"]).toBe("Bearer");
        }
      });

      test.each<[Record<string, string>, string[]]>([
        [{}, ["username", "password"]],
        [{ username: "x" }, ["password"]],
        [{ password: "x", username: "" }, ["username"]],
        [{ username: "x", password: "y", scope: "admin" }, ["scope"]],
      ])("logging in with %j is 422 and names the fields", async (fields, missing) => {
        const { status, data } = await http.post(url("/api/token"), form(fields));
        expect(status).toBe(422);
        expect(data.detail.map(({ loc }: { loc: string[] }) => loc)).toEqual(
          missing.map((name) => ["body", name]),
        );
      });

      test("is_logined never returns an error", async () => {
        for (const config of [
          {},
          bearer("broken"),
          bearer(""),
          { headers: { Authorization: "x" } },
        ])
          expectAnswer(await http.get(url("/api/is_logined"), config), 200, { is_logined: false });
      });

      test("me without a valid token is 401", async () => {
        const none = await http.get(url("/api/user/me"));
        expectAnswer(none, 401, { detail: "Not authenticated" });
        expect(none.headers["www-authenticate"]).toBe("Bearer");
        for (const token of ["", "x"])
          expectAnswer(await http.get(url("/api/user/me"), bearer(token)), 401, {
            detail: "could not validate credentials",
          });
      });

      test("hello returns Hello", async () => {
        expectAnswer(await http.get(url("/api/hello")), 200, "Hello");
      });

      test("invalid JSON, a body that is too large and a wrong method get errors in FastAPI's format", async () => {
        const headers = { "content-type": "application/json" };
        expectAnswer(await http.post(url("/api/register"), "{", { headers }), 400, {
          detail: "the body is not valid JSON",
        });
        const large = { ...account, password: "x".repeat(17_000) };
        expectAnswer(await http.post(url("/api/register"), large), 413, {
          detail: "the body must be at most 16 kB",
        });
        const get = await http.get(url("/api/token"));
        expectAnswer(get, 405, { detail: "Method Not Allowed" });
        expect(get.headers["allow"]).toBe("POST");
      });
    });
  },
);

describe("FASTAPI_PATHS=false", () => {
  const service = useService(ENGINES[0] ?? expect.unreachable(), { FASTAPI_PATHS: "false" });

  test.each([
    "/users/me",
    "/users/me/items",
    "/api/user/me",
    "/api/is_logined",
    "/api/hello",
    "/api/token",
    "/static/index.html",
  ])("%s does not exist", async (path) => {
    expect(await service.request("GET", path)).toMatchObject({ status: 404 });
  });
});

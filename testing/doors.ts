/** The endpoints that test a password, for tests of what all of them must do alike. */
import { type HttpResponse, PASSWORD, type Service } from "./service.ts";
import { Visitor } from "./visitor.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** A password that is not {@link PASSWORD}. */
export const WRONG = "not the password";

/** Sends from an address of its own, behind one proxy. */
export const from = (address: string) => ({ "x-forwarded-for": address });

/** Every door that tests a password, by how it is asked. `token` is an access token of the user. */
const DOORS: Record<
  string,
  {
    ask(
      service: Service,
      guess: { name: string; password: string; token: string },
      headers?: Record<string, string>,
    ): Promise<HttpResponse>;
    refused: number;
    /** What a throttled response contains. */
    throttled: object;
  }
> = {
  "POST /token": {
    ask: (service, { name, password }, headers) =>
      service.token({ grant_type: "password", username: name, password }, headers),
    refused: 400,
    throttled: { error: "temporarily_unavailable", error_description: "too many attempts" },
  },
  "POST /token/": {
    ask: (service, { name, password }, headers) =>
      service.post("/token/", { username: name, password }, headers),
    refused: 400,
    throttled: { error: "temporarily_unavailable", error_description: "too many attempts" },
  },
  "POST /api/token": {
    ask: (service, { name, password }, headers) =>
      service.post("/api/token", { username: name, password }, headers),
    refused: 401,
    throttled: { detail: "too many attempts" },
  },
  "changePassword in tRPC": {
    ask: (service, { password, token }, headers) =>
      service.request("POST", "/trpc/changePassword", {
        body: JSON.stringify({ currentPassword: password, newPassword: PASSWORD }),
        headers: { ...JSON_TYPE, ...headers, authorization: `Bearer ${token}` },
      }),
    refused: 400,
    throttled: {
      error: { data: { code: "TOO_MANY_REQUESTS", reason: "too_many_attempts", httpStatus: 429 } },
    },
  },
  "login.password in tRPC": {
    ask: async (service, { name, password }, headers) => {
      const visitor = new Visitor(service, new URL(service.tegata.settings.issuer).origin);
      const { ticket } = await visitor.show();
      const input = { ticket, login: name, password, remember: false };
      return visitor.call("password", input, headers);
    },
    refused: 400,
    throttled: {
      error: { data: { code: "TOO_MANY_REQUESTS", reason: "too_many_attempts", httpStatus: 429 } },
    },
  },
  "PUT /api/users/me/password": {
    ask: (service, { password, token }, headers) =>
      service.request("PUT", "/api/users/me/password", {
        body: JSON.stringify({ currentPassword: password, newPassword: PASSWORD }),
        headers: { ...JSON_TYPE, ...headers, authorization: `Bearer ${token}` },
      }),
    refused: 400,
    throttled: { title: "Too Many Requests", status: 429, reason: "too_many_attempts" },
  },
};
/** Every door, with its name. */
export const doors = Object.entries(DOORS).map(([name, door]) => ({ name, ...door }));

/** `POST /token` with a wrong password for a name. */
export const guess = (
  service: Service,
  name: string,
  headers: Record<string, string> = {},
): Promise<HttpResponse> =>
  service.token({ grant_type: "password", username: name, password: WRONG }, headers);

/**
 * The paths of the two FastAPI systems, each with the status, body and headers that those systems send. To remove
 * them, delete this folder and its lines in `app.ts`.
 */
import type { Request } from "express";
import type { PublicUser } from "../../../db/public-user.ts";
import { fieldError, inputErrorsOf } from "../../accounts/field-errors.ts";
import { logIn } from "../../accounts/login.ts";
import { register } from "../../accounts/register.ts";
import { BUILT_IN_CLIENT } from "../../clients/clients.ts";
import type { Tegata } from "../../tegata.ts";
import { issueAccessToken } from "../../tokens/access.ts";
import { narrowScope, type Scope } from "../../tokens/scopes.ts";
import { identify } from "../bearer.ts";
import { FORM_TYPE, isOfType, MULTIPART_TYPE, readJson } from "../edge/body.ts";
import type { Received } from "../edge/received.ts";
import { oauthFormat } from "../oauth/error.ts";
import { type Form, readForm } from "../oauth/form.ts";
import { PATHS } from "../oauth/metadata.ts";
import { tokenEndpoint } from "../oauth/token.ts";
import { page } from "../pages.ts";
import { requesterOf } from "../requester.ts";
import type { Handler, Handlers, Reply, Route } from "../route.ts";
import { Registration } from "../trpc/schemas.ts";
import { BEARER, busy, fastapiFormat, invalid, refuse, tooManyAttempts } from "./response.ts";

/** The maximum number of items in a response to the page of system A. */
const ITEMS = 100;
/** Those systems ignore fields that they do not know. */
const NewUser = Registration.pick({ email: true, password: true }).strip();

/** The error of each system for an invalid token. */
const BAD_TOKEN_OF_A = "Could not validate credentials";
const BAD_TOKEN_OF_B = "could not validate credentials";

/** Adds the paths of both systems. */
export function fastapiRoutes(tegata: Tegata, route: Route): void {
  // Each path also exists with a trailing slash. FastAPI redirects it, but a redirect can lose the bearer token.
  const add = (path: string, handlers: Handlers) =>
    route([path, `${path}/`], handlers, fastapiFormat);

  // System A. `/token` without a trailing slash does not depend on the FastAPI paths.
  route(`${PATHS.token}/`, { POST: tokenEndpoint(tegata) }, oauthFormat);
  add("/users/me", { GET: withUser(tegata, { scope: "me", badToken: BAD_TOKEN_OF_A }, meOfA) });
  add("/users/me/items", {
    GET: withUser(tegata, { scope: "items", badToken: BAD_TOKEN_OF_A }, async (user) => {
      const items = await tegata.db.items.list(user.id, { after: 0, limit: ITEMS });
      return items.map(({ title }) => ({ item_id: title, owner: nameOf(user) }));
    }),
  });
  // Without a trailing slash: the relative URLs of the page would be wrong.
  route("/static/index.html", { GET: page(tegata, "deeper/index.html") }, fastapiFormat);

  // System B.
  add("/api/hello", { GET: () => ({ body: "Hello" }) });
  add("/api/is_logined", {
    GET: async (req) => {
      const { is } = await identify(tegata, req);
      return { body: { is_logined: is === "user" } };
    },
  });
  add("/api/user/me", {
    GET: withUser(tegata, { scope: "me", badToken: BAD_TOKEN_OF_B }, ({ email, id }) => ({
      email,
      id,
    })),
  });
  add("/api/register", { POST: (req) => registerOfB(tegata, req) });
  if (tegata.settings.passwordGrant !== "off")
    add("/api/token", { POST: (req) => tokenOfB(tegata, req) });
}

const nameOf = ({ username, email }: PublicUser) => username ?? email;

const meOfA = (user: PublicUser) => ({
  username: nameOf(user),
  email: user.email,
  full_name: user.fullName,
  disabled: user.disabled,
});

async function registerOfB(tegata: Tegata, req: Request): Promise<Reply> {
  // To FastAPI, an empty body is none, whatever its type.
  const isEmpty = req.get("content-length") === "0";
  const input = NewUser.safeParse(isEmpty ? undefined : readJson(req));
  if (!input.success) return invalid(inputErrorsOf(input.error));
  const result = await register(tegata, input.data, requesterOf(req));
  switch (result.is) {
    case "registered":
      return { body: { email: result.user.email, id: result.user.id } };
    case "closed":
      return refuse(403, "registration is closed");
    case "taken":
      return refuse(409, "already used email address");
    case "weak_password":
      return invalid({ password: result.error });
    case "throttled":
      return tooManyAttempts(result.retryAfterSeconds);
    case "busy":
      return busy(result.retryAfterSeconds);
  }
}

/** The token endpoint of system B. */
export async function tokenOfB(tegata: Tegata, req: Received): Promise<Reply> {
  // To FastAPI, a body of another type is a form without fields.
  const isForm = isOfType(req, FORM_TYPE, MULTIPART_TYPE);
  const form: Form = new Map();
  const read = isForm ? await readForm(req, { multipart: true }) : ({ is: "form", form } as const);
  if (read.is === "error")
    return invalid({ input: { code: "invalid_value", message: read.body.error_description } });
  const [login, password] = [read.form.get("username"), read.form.get("password")];
  if (login === undefined || password === undefined)
    return invalid({
      ...(login === undefined && { username: fieldError("required") }),
      ...(password === undefined && { password: fieldError("required") }),
    });
  const narrowed = narrowScope(read.form.get("scope"), BUILT_IN_CLIENT.scope, tegata.scopes);
  if (narrowed.is === "not_allowed") return invalid({ scope: fieldError("invalid_value") });
  const { scope } = narrowed;
  const session = { clientId: BUILT_IN_CLIENT.id, scope, refreshes: false };
  const result = await logIn(tegata, { login, password }, session, requesterOf(req));
  switch (result.is) {
    case "busy":
      return busy(result.retryAfterSeconds);
    case "throttled":
      return tooManyAttempts(result.retryAfterSeconds);
    case "refused":
      return refuse(401, "incorrect email or password", BEARER);
    case "email_unverified":
      return refuse(401, "email address not confirmed", BEARER);
    case "logged_in": {
      const { token } = await issueAccessToken(tegata, result.session, scope);
      return { body: { access_token: token, token_type: "bearer" } };
    }
  }
}

/** A handler for users whose token has the scope. Other callers get the same errors as from those systems. */
function withUser(
  tegata: Tegata,
  { scope, badToken }: { scope: Scope; badToken: string },
  answer: (user: PublicUser) => object | Promise<object>,
): Handler {
  return async (req) => {
    const caller = await identify(tegata, req);
    switch (caller.is) {
      case "user":
        if (caller.scopes.includes(scope)) return { body: await answer(caller.user) };
        // This text is from FastAPI's tutorial on scopes.
        return refuse(401, "Not enough permissions", {
          "WWW-Authenticate": `Bearer scope="${scope}"`,
        });
      case "anonymous":
        // To FastAPI, `Bearer` alone is a token: an empty one.
        if (/^bearer *$/i.test(req.get("authorization") ?? ""))
          return refuse(401, badToken, BEARER);
        return refuse(401, "Not authenticated", BEARER);
      case "inactive":
        return refuse(400, "Inactive user");
      case "client":
      case "refused":
        return refuse(401, badToken, BEARER);
    }
  };
}

/**
 * The paths of the two FastAPI systems, each with the status, body and headers that those systems send. This folder is
 * all there is of them: delete it and its lines in `app.ts`, and they are gone.
 */
import type { Request } from "express";
import type { User } from "../../../db/users.ts";
import { fieldError, inputErrorsOf } from "../../accounts/field-errors.ts";
import { logIn } from "../../accounts/login.ts";
import { register } from "../../accounts/register.ts";
import { BUILT_IN_CLIENT } from "../../clients/clients.ts";
import type { Tegata } from "../../tegata.ts";
import { issueAccessToken } from "../../tokens/access.ts";
import { narrowScope, type Scope } from "../../tokens/scopes.ts";
import { identify } from "../bearer.ts";
import { readJson } from "../edge/body.ts";
import { readForm } from "../oauth/form.ts";
import type { Handler, Reply, Route } from "../route.ts";
import { Registration } from "../trpc/schemas.ts";
import { BEARER, busy, fastapiFormat, invalid, refuse } from "./response.ts";

/** How many items the page of system A is given. */
const ITEMS = 100;
/** Those systems ignore fields that they do not know. */
const NewUser = Registration.pick({ email: true, password: true }).strip();

/** Adds the paths of both systems. */
export function fastapiRoutes(tegata: Tegata, route: Route): void {
  // System A. Each path also answers with a slash at its end: a redirect would lose the bearer token.
  const get = (path: string, handler: Handler) => route(path, { GET: handler }, fastapiFormat);
  for (const slash of ["", "/"]) {
    get(`/users/me${slash}`, withUser(tegata, "me", meOfA));
    get(
      `/users/me/items${slash}`,
      withUser(tegata, "items", async (user) => {
        const items = await tegata.db.items.list(user.id, { after: 0, limit: ITEMS });
        return items.map(({ title }) => ({ item_id: title, owner: nameOf(user) }));
      }),
    );
  }
  get("/static/index.html", () => ({ page: "deeper/index.html" }));

  // System B.
  get("/api/hello", () => ({ body: "Hello" }));
  get("/api/is_logined", async (req) => {
    const { is } = await identify(tegata, req);
    return { body: { is_logined: is === "user" } };
  });
  get(
    "/api/user/me",
    withUser(tegata, "me", ({ email, id }) => ({ email, id })),
  );
  route("/api/register", { POST: (req) => registerOfB(tegata, req) }, fastapiFormat);
  route("/api/token", { POST: (req) => tokenOfB(tegata, req) }, fastapiFormat);
}

const nameOf = ({ username, email }: User) => username ?? email;

const meOfA = (user: User) => ({
  username: nameOf(user),
  email: user.email,
  full_name: user.fullName,
  disabled: user.disabled,
});

async function registerOfB(tegata: Tegata, req: Request): Promise<Reply> {
  const input = NewUser.safeParse(await readJson(req));
  if (!input.success) return invalid(inputErrorsOf(input.error));
  const result = await register(tegata, input.data);
  switch (result.is) {
    case "registered":
      return { body: { email: result.user.email, id: result.user.id } };
    case "taken":
      return refuse(409, "already used email address");
    case "weak_password":
      return invalid({ password: result.error });
    case "busy":
      return busy(result.retryAfterSeconds);
  }
}

async function tokenOfB(tegata: Tegata, req: Request): Promise<Reply> {
  const read = await readForm(req);
  if (read.is === "error")
    return invalid({ form: { code: "invalid_value", message: read.body.error_description } });
  const [login, password] = [read.form.get("username"), read.form.get("password")];
  if (login === undefined || password === undefined)
    return invalid({
      ...(login === undefined && { username: fieldError("required") }),
      ...(password === undefined && { password: fieldError("required") }),
    });
  const narrowed = narrowScope(read.form.get("scope"), BUILT_IN_CLIENT.scope);
  if (narrowed.is === "not_allowed") return invalid({ scope: fieldError("invalid_value") });
  const { scope } = narrowed;
  const session = { clientId: BUILT_IN_CLIENT.id, scope, userAgent: req.get("user-agent") };
  const result = await logIn(tegata, { login, password }, session);
  switch (result.is) {
    case "busy":
      return busy(result.retryAfterSeconds);
    case "refused":
      return refuse(401, "incorrect email or password", BEARER);
    case "logged_in": {
      const { token } = await issueAccessToken(tegata, result.session, scope);
      return { body: { access_token: token, token_type: "bearer" } };
    }
  }
}

/** A handler for the user of a token with that scope; it answers anyone else as those systems do. */
function withUser(
  tegata: Tegata,
  scope: Scope,
  answer: (user: User) => object | Promise<object>,
): Handler {
  return async (req) => {
    const caller = await identify(tegata, req);
    switch (caller.is) {
      case "user":
        if (caller.scopes.includes(scope)) return { body: await answer(caller.user) };
        // The words of FastAPI's tutorial on scopes.
        return refuse(401, "Not enough permissions", {
          "WWW-Authenticate": `Bearer scope="${scope}"`,
        });
      case "anonymous":
        return refuse(401, "Not authenticated", BEARER);
      case "inactive":
        return refuse(400, "Inactive user");
      case "client":
      case "refused":
        return refuse(401, "Could not validate credentials", BEARER);
    }
  };
}

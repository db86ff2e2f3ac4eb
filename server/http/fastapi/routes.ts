/**
 * The paths of the two FastAPI systems, each with the status, body and headers that those systems send. This folder is
 * all there is of them: without it, and its lines in `app.ts`, they are gone.
 */
import { type Request, Router } from "express";
import type { User } from "../../../db/users.ts";
import { register } from "../../accounts/accounts.ts";
import type { Tegata } from "../../tegata.ts";
import { identify } from "../bearer.ts";
import { jsonBody } from "../body.ts";
import { BUILT_IN_CLIENT } from "../oauth/client.ts";
import { formBody, parseForm } from "../oauth/form.ts";
import { password } from "../oauth/grants/password.ts";
import { issueTokens } from "../oauth/token.ts";
import { Refusal } from "../trpc/refusal.ts";
import { Registration } from "../trpc/shapes.ts";
import { sendPage } from "../web.ts";
import { type Answer, answers, BEARER, invalid } from "./answer.ts";

/** How many items their page is given. */
const ITEMS = 100;
/** Those systems ignore what they do not know. */
const NewUser = Registration.pick({ email: true, password: true }).strip();

/** All of them. */
export function fastapiPaths(tegata: Tegata): Router {
  const { db } = tegata;
  const router = Router({ caseSensitive: true, strict: true });
  const { get, post, handler } = answers(router, tegata.log);

  // System A. Each answers itself, also with a slash at its end: a redirect would lose the bearer.
  get(["/users/me", "/users/me/"], async (req) => {
    const user = await userOf(tegata, req, "me");
    if ("status" in user) return user;
    const { email, fullName, disabled } = user;
    return { status: 200, body: { username: nameOf(user), email, full_name: fullName, disabled } };
  });
  get(["/users/me/items", "/users/me/items/"], async (req) => {
    const user = await userOf(tegata, req, "items");
    if ("status" in user) return user;
    const items = await db.items.list(user.id, { after: 0, limit: ITEMS });
    const owner = nameOf(user);
    return { status: 200, body: items.map(({ title }) => ({ item_id: title, owner })) };
  });
  router.get("/static/index.html", sendPage);

  // System B.
  get("/api/hello", async () => ({ status: 200, body: "Hello" }));
  get("/api/is_logined", async (req) => {
    const { is } = await identify(tegata, req);
    return { status: 200, body: { is_logined: is === "user" } };
  });
  get("/api/user/me", async (req) => {
    const user = await userOf(tegata, req, "me");
    if ("status" in user) return user;
    return { status: 200, body: { email: user.email, id: user.id } };
  });
  post("/api/register", jsonBody, async (req) => {
    const input = NewUser.safeParse(req.body);
    if (!input.success) return invalid("body", Refusal.ofInput(input.error).fields ?? {});
    const result = await register(tegata, input.data);
    switch (result.is) {
      case "registered":
        return { status: 200, body: { email: result.user.email, id: result.user.id } };
      case "taken":
        return { status: 409, body: { detail: "already used email address" } };
      case "weak_password":
        return invalid("body", { password: result.problem });
      case "busy":
        return busy(result.retryAfterSeconds);
    }
  });
  post("/api/token", formBody, (req) => token(tegata, req));

  router.use(handler);
  return router;
}

async function token(tegata: Tegata, req: Request): Promise<Answer> {
  const parsed = parseForm(req);
  if (parsed.is === "error") return invalid("body", { form: parsed.description });
  const missing = ["username", "password"].filter((name) => !parsed.form.has(name));
  if (missing.length > 0)
    return invalid("body", Object.fromEntries(missing.map((name) => [name, "field required"])));
  const userAgent = req.headers["user-agent"];
  const granted = await password(tegata, { client: BUILT_IN_CLIENT, form: parsed.form, userAgent });
  if (granted.is === "granted") {
    const { access_token } = await issueTokens(tegata, granted);
    return { status: 200, body: { access_token, token_type: "bearer" } };
  }
  if (granted.status === 503)
    return { status: 503, body: { detail: granted.description }, headers: granted.headers };
  if (granted.error !== "invalid_grant") return invalid("body", { scope: granted.description });
  return { status: 401, body: { detail: "incorrect email or password" }, headers: BEARER };
}

/** The user of a token with that scope, or what those systems answer without one. */
async function userOf(tegata: Tegata, req: Request, scope: string): Promise<User | Answer> {
  const caller = await identify(tegata, req);
  switch (caller.is) {
    case "user":
      if (caller.scopes.includes(scope)) return caller.user;
      // As FastAPI's tutorial on scopes words it.
      return {
        status: 401,
        body: { detail: "Not enough permissions" },
        headers: { "WWW-Authenticate": `Bearer scope="${scope}"` },
      };
    case "anonymous":
      return { status: 401, body: { detail: "Not authenticated" }, headers: BEARER };
    case "inactive":
      return { status: 400, body: { detail: "Inactive user" } };
    case "client":
    case "refused":
      return { status: 401, body: { detail: "Could not validate credentials" }, headers: BEARER };
  }
}

const nameOf = ({ username, email }: User) => username ?? email;
const busy = (retryAfterSeconds: number): Answer => ({
  status: 503,
  body: { detail: "too many log-ins at once" },
  headers: { "Retry-After": String(retryAfterSeconds) },
});

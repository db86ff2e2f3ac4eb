/** The paths of the two FastAPI systems for the OpenAPI document. */
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { Scope } from "../oauth/scope.ts";

const Detail = z.object({ detail: z.string() });
const Invalid = z.object({
  detail: z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
});
const NewUser = z.object({ email: z.string(), password: z.string() });
const User = z.object({ email: z.string(), id: z.int() });
const OwnUser = z.object({
  username: z.string(),
  email: z.string(),
  full_name: z.string().nullable(),
  disabled: z.boolean(),
});
const OwnedItem = z.object({ item_id: z.string(), owner: z.string() });
const Login = z.object({ username: z.string(), password: z.string() });
const Token = z.object({ access_token: z.string(), token_type: z.literal("bearer") });

const content = (schema: z.ZodType) => ({ "application/json": { schema } });
const refused = (description: string, schema: z.ZodType = Detail) => ({
  description,
  content: content(schema),
});

const get = (operationId: string, summary: string, answer: z.ZodType, scope?: Scope) => ({
  get: {
    operationId,
    summary,
    tags: ["The two FastAPI systems"],
    security: scope ? [{ user: [scope] }] : [],
    responses: {
      200: { description: "Done", content: content(answer) },
      ...(scope && {
        400: refused("The account is disabled"),
        401: refused("There is no token, or it is not valid (any more), or for another scope"),
      }),
    },
  },
});

/** They replace what the REST mirror says of the same path. */
export const FASTAPI_DOCUMENTATION: ZodOpenApiPathsObject = {
  "/users/me": get("fastapiMeOfA", "Your account, as system A answers", OwnUser, "me"),
  "/users/me/items": get(
    "fastapiItemsOfA",
    "Your items, as system A answers",
    z.array(OwnedItem),
    "items",
  ),
  "/api/user/me": get("fastapiMeOfB", "Your account, as system B answers", User, "me"),
  "/api/is_logined": get(
    "fastapiIsLoginedOfB",
    "Whether you are logged in, as system B answers",
    z.object({ is_logined: z.boolean() }),
  ),
  "/api/hello": get("fastapiHelloOfB", "Says hello", z.literal("Hello")),
  "/api/register": {
    post: {
      operationId: "fastapiRegisterOfB",
      summary: "Make an account, as system B answers",
      tags: ["The two FastAPI systems"],
      security: [],
      requestBody: { required: true, content: content(NewUser) },
      responses: {
        200: { description: "Done", content: content(User) },
        409: refused("The email is taken"),
        413: refused("The body is larger than 16 kB"),
        415: refused("The body is compressed or not UTF-8"),
        422: refused("A field is refused", Invalid),
        503: refused("Too many passwords at once; `Retry-After` says when to come again"),
      },
    },
  },
  "/api/token": {
    post: {
      operationId: "fastapiTokenOfB",
      summary: "Log in, as system B answers",
      tags: ["The two FastAPI systems"],
      security: [],
      requestBody: {
        required: true,
        content: { "application/x-www-form-urlencoded": { schema: Login } },
      },
      responses: {
        200: { description: "Done", content: content(Token) },
        401: refused("The email or the password is wrong"),
        413: refused("The body is larger than 16 kB"),
        415: refused("The body is compressed"),
        422: refused("A field is missing", Invalid),
        503: refused("Too many log-ins at once; `Retry-After` says when to come again"),
      },
    },
  },
};

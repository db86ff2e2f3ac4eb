/** The paths of the two FastAPI systems for the OpenAPI document. */
import { z } from "zod";
import type { Settings } from "../../settings.ts";
import type { Scope } from "../../tokens/scopes.ts";
import { FORM_TYPE, MULTIPART_TYPE } from "../edge/body.ts";
import { content, type DocumentPart } from "../openapi.ts";

const TAG = "FastAPI compatibility";
const PASSWORD = "correct horse battery";
const EMAIL = "ada@example.com";

const Detail = z.object({ detail: z.string() }).meta({ id: "FastapiError" });
const Invalid = z
  .object({
    detail: z.array(z.object({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
  })
  .meta({ id: "FastapiValidationError" });
const NewUser = z
  .object({ email: z.string(), password: z.string() })
  .meta({ id: "FastapiNewUser" });
const User = z.object({ email: z.string(), id: z.int() }).meta({ id: "FastapiUser" });
const OwnUser = z
  .object({
    username: z.string(),
    email: z.string(),
    full_name: z.string().nullable(),
    disabled: z.boolean(),
  })
  .meta({ id: "FastapiOwnUser" });
const OwnedItem = z.object({ item_id: z.string(), owner: z.string() }).meta({ id: "FastapiItem" });
const Login = z
  .object({
    username: z.string().meta({ example: EMAIL }),
    password: z.string().meta({ example: PASSWORD }),
  })
  .meta({ id: "FastapiLogin" });
const Token = z
  .object({ access_token: z.string(), token_type: z.literal("bearer") })
  .meta({ id: "FastapiToken" });

const ok = (schema: z.ZodType, example: unknown) => ({
  description: "OK",
  content: content(schema, example),
});
const refused = (description: string, detail: string) => ({
  description,
  content: content(Detail, { detail }),
});
const tooLarge = refused("The body is too large", "the body must be at most 16 kB");
const unreadable = refused("The body cannot be read", "the body must not be compressed");
const tooBusy = refused(
  "Too many logins at once, or the database is not available; see `Retry-After`",
  "too many logins at once",
);
const tooMany = refused("Too many attempts; see `Retry-After`", "too many attempts");
const outage = refused("The database is not available; see `Retry-After`", "Service Unavailable");
const invalid = (field: string) => ({
  description: "A field is invalid",
  content: content(Invalid, {
    detail: [{ loc: ["body", field], msg: "field required", type: "value_error.missing" }],
  }),
});

/** The token that an operation reads, and the responses to what is wrong with it. */
interface Access {
  security: Record<string, string[]>[];
  responses?: Record<400 | 401, ReturnType<typeof refused>>;
}
const needs = (scope: Scope): Access => ({
  security: [{ user: [scope] }],
  responses: {
    400: refused("The account is disabled", "Inactive user"),
    401: refused("The token is missing, invalid or lacks the scope", "Not authenticated"),
  },
});
const OPTIONAL: Access = { security: [{}, { user: [] }] };

const get = (
  operationId: string,
  summary: string,
  schema: z.ZodType,
  example: unknown,
  access?: Access,
) => ({
  get: {
    operationId,
    summary,
    tags: [TAG],
    security: access?.security ?? [],
    responses: {
      200: ok(schema, example),
      ...(access && { ...access.responses, 503: outage }),
    },
  },
});

/** The paths of both systems. @param settings decide whether users can log in with their password */
export function fastapiDocument({ passwordGrant }: Settings): DocumentPart {
  const { "/api/token": _login, ...others } = PATHS;
  return {
    tags: [{ name: TAG, description: "The paths of two FastAPI systems, answer for answer" }],
    paths: passwordGrant === "off" ? others : PATHS,
  };
}

const PATHS: DocumentPart["paths"] = {
  "/users/me": get(
    "fastapiMeOfA",
    "Get your account, as system A answers",
    OwnUser,
    { username: "ada", email: EMAIL, full_name: "Ada Lovelace", disabled: false },
    needs("me"),
  ),
  "/users/me/items": get(
    "fastapiItemsOfA",
    "List your items, as system A answers",
    z.array(OwnedItem),
    [{ item_id: "Foo", owner: "ada" }],
    needs("items"),
  ),
  "/api/user/me": get(
    "fastapiMeOfB",
    "Get your account, as system B answers",
    User,
    { email: EMAIL, id: 1 },
    needs("me"),
  ),
  "/api/is_logined": get(
    "fastapiIsLoginedOfB",
    "Check whether you are logged in, as system B answers",
    z.object({ is_logined: z.boolean() }),
    { is_logined: true },
    OPTIONAL,
  ),
  "/api/hello": get("fastapiHelloOfB", "Say hello", z.literal("Hello"), "Hello"),
  "/api/register": {
    post: {
      operationId: "fastapiRegisterOfB",
      summary: "Create an account, as system B answers",
      tags: [TAG],
      security: [],
      requestBody: {
        required: true,
        content: content(NewUser, { email: EMAIL, password: PASSWORD }),
      },
      responses: {
        200: ok(User, { email: EMAIL, id: 1 }),
        403: refused("Registration is closed", "registration is closed"),
        409: refused("The email is in use", "already used email address"),
        413: tooLarge,
        415: unreadable,
        422: invalid("email"),
        429: tooMany,
        503: tooBusy,
      },
    },
  },
  "/api/token": {
    post: {
      operationId: "fastapiTokenOfB",
      summary: "Log in, as system B answers",
      tags: [TAG],
      security: [],
      requestBody: {
        required: true,
        content: {
          ...content(Login, { username: EMAIL, password: PASSWORD }, FORM_TYPE),
          ...content(Login, { username: EMAIL, password: PASSWORD }, MULTIPART_TYPE),
        },
      },
      responses: {
        200: ok(Token, {
          access_token: "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
          token_type: "bearer",
        }),
        401: refused("Incorrect email or password", "incorrect email or password"),
        413: tooLarge,
        415: unreadable,
        422: invalid("username"),
        429: tooMany,
        503: tooBusy,
      },
    },
  },
};

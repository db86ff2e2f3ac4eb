/** What holds for every response, whatever the request was. */
import { z } from "zod";
import { fastapiDocument } from "../../server/http/fastapi/openapi.ts";
import { GRANTS } from "../../server/http/oauth/grants/index.ts";
import { PATHS } from "../../server/http/oauth/metadata.ts";
import { oauthDocument } from "../../server/http/oauth/openapi.ts";
import { Problem } from "../../server/http/problem.ts";
import { ALL_REASONS } from "../../server/http/refusal.ts";
import type { Service } from "../service.ts";
import type { RawResponse } from "./connection.ts";
import { MARKED } from "./values.ts";

const ProblemError = Problem.strict();
const OAuthError = z.strictObject({
  error: z.string().regex(/^[a-z_]+$/),
  // RFC 6749 section 5.2.
  error_description: z.string().regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
});
const FastapiError = z.strictObject({
  detail: z.union([
    z.string(),
    z.array(z.strictObject({ loc: z.array(z.string()), msg: z.string(), type: z.string() })),
  ]),
});
const TrpcError = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    code: z.int(),
    data: z.strictObject({
      code: z.string(),
      httpStatus: z.int(),
      path: z.string().optional(),
      reason: z.enum(ALL_REASONS),
      fields: z.record(z.string(), z.unknown()).optional(),
      retryAfterSeconds: z.number().optional(),
    }),
  }),
});
const TrpcBatch = z.array(z.union([TrpcError, z.strictObject({ result: z.unknown() })]));
const AnyError = z.union([ProblemError, OAuthError, FastapiError, TrpcError, TrpcBatch]);
const LogLine = z.object({ level: z.number() });

/** The format of the errors of each path; other paths have problem details. */
function formatsOf({ tegata: { settings } }: Service): ReadonlyMap<string, z.ZodType> {
  const fastapi = Object.keys(fastapiDocument(settings).paths);
  // A resource, not an endpoint of OAuth: what it refuses is an access token.
  const oauth = Object.keys(oauthDocument(GRANTS).paths).filter((path) => path !== PATHS.userinfo);
  return new Map<string, z.ZodType>([
    ...oauth.map((path): [string, z.ZodType] => [path, OAuthError]),
    ["/token/", OAuthError],
    ...fastapi.flatMap((path): [string, z.ZodType][] => [
      [path, FastapiError],
      [`${path}/`, FastapiError],
    ]),
  ]);
}

/** Where people, not programs, read what is wrong. */
const PAGES = ["/authorize", "/logout"];

/** What a response or a log line contains if it says more than it should: of the code, of the database, or of the machine. */
const INTERNALS =
  /node_modules|\n\s+at |file:\/\/|\/(home|root|tmp|usr|work)\/|\b(SQLITE|ER|ERR|HPE)_[A-Z]|\b(SELECT|INSERT|UPDATE|DELETE|select|insert|update|delete) [\s\S]* (FROM|INTO|SET|from|into|set) |\$2[aby]\$|TypeError|RangeError|ZodError|root:/;

/** The reason or the code of an unexpected error, in each format. */
const UNEXPECTED =
  /"reason":"internal"|"error":"server_error"|"code":"INTERNAL_SERVER_ERROR"|"Internal Server Error"/;

/** Checks the responses and the log of a service. */
export interface Invariants {
  /** @throws if the response to a request breaks an invariant */
  check(target: string, response: RawResponse): void;
  /** @throws if the log has an error or a secret; forgets the lines that it has read */
  checkLog(): void;
}

/** @param secrets texts that no response may contain */
export function invariantsOf(service: Service, secrets: readonly string[]): Invariants {
  const formats = formatsOf(service);
  const hidden = [...secrets, MARKED, service.tegata.settings.databaseUrl];

  return {
    check(target, response) {
      const path = target.split("?")[0] ?? "";
      const fault = faultIn(response) ?? formatFaultIn(path, formats.get(path), response);
      const { status, headers, body } = response;
      const whole = `${status} ${JSON.stringify([...headers])} ${body}`;
      const secret = hidden.find((text) => whole.includes(text));
      if (secret !== undefined) throw new Error(`it has the secret ${secret}: ${whole}`);
      if (fault) throw new Error(`${fault}: ${whole.slice(0, 4_000)}`);
    },

    checkLog() {
      for (const line of service.logged.splice(0)) {
        const { level } = LogLine.parse(JSON.parse(line));
        if (level >= 50) throw new Error(`an error was logged: ${line}`);
        const secret = hidden.find((text) => line.includes(text));
        if (secret !== undefined) throw new Error(`the log has the secret ${secret}: ${line}`);
      }
    },
  };
}

/** What is wrong with the status or the headers of a response. */
function faultIn({ status, headers, body }: RawResponse): string | undefined {
  if (status >= 500 && status !== 503) return "it is a server error";
  if (status === 503 && !(Number(headers.get("retry-after")) >= 1))
    return "503 without Retry-After";
  if (UNEXPECTED.test(body)) return "it has an unexpected error";
  if (headers.has("x-injected") || headers.has("set-cookie"))
    return "it has a header of the caller";
  if (headers.has("x-powered-by")) return "it says what it is made with";
  if (/evil/.test(headers.get("location") ?? "")) return "it redirects to another host";
  // What is no HTTP is refused before it is a request.
  const isRequest = headers.has("x-request-id");
  if ((isRequest || body !== "") && headers.get("x-content-type-options") !== "nosniff")
    return "it has no nosniff";
  if (isRequest && !headers.get("content-security-policy")?.includes("object-src 'none'"))
    return "it has no CSP";
  return undefined;
}

/** What is wrong with the body of an error. @param expected the format of the path; undefined if it has several */
function formatFaultIn(
  path: string,
  expected: z.ZodType | undefined,
  { status, headers, body }: RawResponse,
): string | undefined {
  if (status < 400 || body === "") return undefined;
  if (INTERNALS.test(body)) return "it shows internals";
  // What a person cannot do with a link is said on the page.
  if (headers.get("content-type")?.startsWith("text/html") && PAGES.includes(path))
    return undefined;
  const isProblem = headers.get("content-type")?.startsWith("application/problem+json");
  if (isProblem && expected && headers.has("x-request-id")) return "it is a problem";
  const format = isProblem ? ProblemError : (expected ?? AnyError);
  return format.safeParse(JSON.parse(body)).success ? undefined : "its error has another format";
}

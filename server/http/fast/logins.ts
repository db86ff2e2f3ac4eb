/**
 * Logins that find the password queue full, refused without Express. Clients of a flood come back at once: what their
 * refusals cost is taken from those who are logged in. It only takes logins that it knows in every detail. All others
 * are left, and are refused later and alike: a test compares both.
 */
import type { IncomingMessage, RequestListener } from "node:http";
import { context } from "@opentelemetry/api";
import type { Busy } from "../../accounts/password-queue.ts";
import type { Settings } from "../../settings.ts";
import type { Tegata } from "../../tegata.ts";
import { FORM_TYPE, MAX_BODY_BYTES, type WithBody } from "../edge/body.ts";
import { busy as busyOfB } from "../fastapi/response.ts";
import { temporarilyUnavailable } from "../oauth/error.ts";
import { parseForm } from "../oauth/form.ts";
import { PATHS } from "../oauth/metadata.ts";
import { type Answer, answerWriter, type HeaderList } from "./answer.ts";

/** Writes a refusal. */
type Refuse = (busy: Busy) => Answer;

/** Refuses what it can, and leaves the rest to `otherwise`. */
export function refuseLogins(tegata: Tegata, otherwise: RequestListener): RequestListener {
  const { settings, passwords, metrics } = tegata;
  const doors = doorsOf(settings);
  const write = answerWriter(tegata);
  return (req: WithBody, res) => {
    const refuse = req.method === "POST" ? doors.get(req.url ?? "") : undefined;
    if (!refuse || !isPlain(req) || !passwords.busy()) return otherwise(req, res);
    // The events of a request know nothing of its span.
    const proceed = context.bind(context.active(), () => otherwise(req, res));
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.once("end", () => {
      const body = Buffer.concat(chunks);
      req.body = body;
      const busy = isLogin(body, settings) ? passwords.busy() : undefined;
      if (!busy) return proceed();
      metrics?.password("busy", 0);
      void write(req, res, refuse(busy));
    });
  };
}

/** The endpoints that take the form of a login, by their paths. */
function doorsOf({ passwordGrant, fastapiPaths }: Settings): ReadonlyMap<string, Refuse> {
  const { token } = PATHS;
  const doors = new Map<string, Refuse>();
  if (passwordGrant === "off") return doors;
  doors.set(token, refuseAtToken);
  if (!fastapiPaths) return doors;
  doors.set(`${token}/`, refuseAtToken);
  return doors.set("/api/token", refuseOfB).set("/api/token/", refuseOfB);
}

const refuseAtToken: Refuse = ({ retryAfterSeconds }) => {
  const { status, headers = {}, body } = temporarilyUnavailable(retryAfterSeconds);
  const type = "application/json; charset=utf-8";
  return answer(status, ["Cache-Control", "no-store", "Pragma", "no-cache"], headers, type, body);
};

const refuseOfB: Refuse = ({ retryAfterSeconds }) => {
  const { status, headers = {}, body } = busyOfB(retryAfterSeconds);
  return answer(status, ["Cache-Control", "no-store"], headers, "application/json", body);
};

const answer = (
  status: number,
  fixed: HeaderList,
  headers: Record<string, string>,
  type: string,
  body: unknown,
): Answer => ({
  status,
  headers: [...fixed, ...Object.entries(headers).flat(), "Content-Type", type],
  body: JSON.stringify(body),
});

/** How browsers and programs declare a form. */
const FORM = RegExp(`^${FORM_TYPE}(; ?charset=utf-8)?$`, "i");

/** Whether a request has a small form as its body, and nothing that is decided elsewhere. */
const isPlain = ({ headers, readableDidRead }: IncomingMessage): boolean =>
  !readableDidRead &&
  FORM.test(headers["content-type"] ?? "") &&
  Number(headers["content-length"]) <= MAX_BODY_BYTES &&
  headers.authorization === undefined &&
  headers["content-encoding"] === undefined;

const NAMES: readonly string[] = ["grant_type", "username", "password"];

/** Whether a body is a login of the built-in client, without anything that could be wrong with it. */
function isLogin(body: Buffer, { requireGrantType }: Settings): boolean {
  const parsed = parseForm(body);
  if (parsed.is === "error") return false;
  const { form } = parsed;
  const grantType = form.get("grant_type") ?? (requireGrantType ? undefined : "password");
  const isComplete = form.has("username") && form.has("password");
  return grantType === "password" && isComplete && [...form.keys()].every(isExpected);
}

const isExpected = (name: string) => NAMES.includes(name);

/** Errors as problem details (RFC 9457), for every endpoint whose standard has no format of its own. */
import { STATUS_CODES } from "node:http";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import { FIELD_ERROR_CODES } from "../accounts/field-errors.ts";
import { sendJson } from "./edge/compression.ts";
import { ALL_REASONS, type Reason, type Refusal, refusalHeaders } from "./refusal.ts";
import type { Fault, Format, Reply } from "./route.ts";

const FieldError = z
  .object({
    code: z.enum(FIELD_ERROR_CODES).meta({ description: "A stable word to switch on" }),
    message: z.string().meta({ description: "For people; follows the name of the field" }),
    limit: z.int().optional().meta({ description: "The bound that was broken" }),
  })
  .meta({ id: "FieldError" });

/** A problem as it is sent. */
export const Problem = z
  .object({
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().meta({ description: "For people" }),
    reason: z.enum(ALL_REASONS).optional().meta({ description: "A stable word to switch on" }),
    fields: z
      .record(z.string(), FieldError)
      .optional()
      .meta({ description: "What is wrong with which field" }),
  })
  .meta({ id: "Problem" });

/** The texts that clients of the two FastAPI systems know. */
const KNOWN_DETAILS: Partial<Record<Reason, string>> = {
  not_logged_in: "Not authenticated",
  invalid_token: "Could not validate credentials",
  inactive_user: "Inactive user",
  email_taken: "already used email address",
};

/** Node 20 has an older name for 413 than RFC 9110. */
const titleOf = (status: number) =>
  status === 413 ? "Content Too Large" : (STATUS_CODES[status] ?? "Error");

/** Plain JSON for successful responses, problem details for errors. */
export const problemFormat: Format = {
  send(res, { status, headers, body }) {
    res.status(status).set(headers);
    if (status < 400) sendJson(res, body);
    else res.type("application/problem+json").send(JSON.stringify(body));
  },
  refuse: ({ status, headers, detail, reason }: Fault): Reply => ({
    status,
    ...(headers && { headers }),
    body: {
      title: titleOf(status),
      status,
      ...(detail !== undefined && { detail }),
      ...(reason && { reason }),
    },
  }),
};

/** Writes a refusal as a problem. */
export function problemOf(refusal: Refusal): {
  status: number;
  headers: Record<string, string>;
  body: z.infer<typeof Problem>;
} {
  const status = getHTTPStatusCodeFromError(refusal);
  const { reason, message, fields } = refusal;
  return {
    status,
    headers: refusalHeaders([refusal]),
    body: {
      title: titleOf(status),
      status,
      detail: KNOWN_DETAILS[reason] ?? message,
      reason,
      ...(fields && { fields }),
    },
  };
}

/** docs/trpc.md is generated from the router and the types of the client. To update it, run `npm run generate`. */
import type { AnyTRPCProcedure } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { expect, test } from "vitest";
import { type ProcedureText, readProcedures } from "../../../testing/procedures.ts";
import { FIELD_ERROR_CODES, fieldError } from "../../accounts/field-errors.ts";
import { ALL_REASONS, type Reason, Refusal } from "../refusal.ts";
import type { Meta } from "./base.ts";
import { appRouter } from "./router.ts";

const codes = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");

/** What each procedure declares, by its name. */
const declared = new Map(
  // By its name at run time: its type is the tree of routers.
  Object.entries<unknown>(appRouter._def.procedures).map(([name, procedure]) => {
    const { meta = {} } = (procedure as AnyTRPCProcedure)._def as { meta?: Meta };
    return [name, meta];
  }),
);

/** Who may call a procedure. */
function callersOf({ scope, inOwnApp, refusals = [] }: Meta): string {
  if (refusals.includes("wrong_origin"))
    return "only for Tegata's own pages: the cookie and the Origin of ISSUER";
  if (scope === undefined) return "no token needed";
  return `scope \`${scope}\`${inOwnApp ? "; only for your own applications" : ""}`;
}

function section({ name, comment, kind, input, output }: ProcedureText): string {
  const meta = declared.get(name) ?? {};
  const { rest, refusals = [] } = meta;
  const facts = [kind, callersOf(meta), ...(rest === undefined ? [] : [`REST: \`${rest}\``])];
  const reasons = refusals.length > 0 ? `\nRefuses with ${codes(refusals)}.\n` : "";
  const types = `type Input = ${input};\ntype Output = ${output};`;
  return `### ${name}\n\n${comment} (${facts.join("; ")})\n${reasons}\n\`\`\`ts\n${types}\n\`\`\`\n`;
}

/** The heading before the first procedure of each noun. */
function sections(procedures: readonly ProcedureText[]): string {
  const nounOf = ({ name }: ProcedureText) => (name.includes(".") ? name.split(".")[0] : "account");
  const nouns = [...new Set(procedures.map(nounOf))];
  return nouns
    .map((noun) => {
      const own = procedures.filter((one) => nounOf(one) === noun).map(section);
      return `## ${String(noun).replace(/^./, (letter) => letter.toUpperCase())}\n\n${own.join("\n")}`;
    })
    .join("\n");
}

const reasonRow = (reason: Reason) => {
  const refusal = new Refusal(reason);
  return `| \`${reason}\` | ${getHTTPStatusCodeFromError(refusal)} | ${refusal.message} |`;
};

/** The numbers in the sentences are those of a limit, which is sent as `limit`. */
const codeRow = (code: (typeof FIELD_ERROR_CODES)[number]) =>
  `| \`${code}\` | ${fieldError(code, 99).message.replaceAll("99", "N")} |`;

test("docs/trpc.md", async () => {
  const procedures = readProcedures();
  expect(procedures.map(({ name }) => name).sort()).toEqual([...declared.keys()].sort());
  const text = `# The procedures

With the typed client from \`tegata-client\`, a procedure is a method: \`tegata.api.me.query()\`,
\`tegata.api.items.add.mutate({ title: "A lantern" })\`. Without it, it is \`GET /trpc/NAME\` for a query (the input as JSON in
the parameter \`input\`) and \`POST /trpc/NAME\` with the input as a JSON body for a mutation. Most are in REST, too:
[endpoints.md](endpoints.md#rest-and-trpc) shows both with curl. With \`FASTAPI_PATHS=true\` (the default), \`/api/register\` and
the other paths of the FastAPI systems answer as FastAPI does.

A procedure with a scope needs the access token of a user that has this scope. Otherwise it refuses with
\`not_logged_in\`, \`invalid_token\`, \`insufficient_scope\`, \`inactive_user\` or \`not_a_user\`. One that is only for your
own applications (the typed client, and clients with \`--first-party\` or the grant \`password\`) refuses all others with
\`foreign_app\`. An input that does not fit is refused
with \`invalid_input\`. Times end in \`Ms\` and are epoch milliseconds.

${sections(procedures)}
## Reasons

In the client, \`reasonOf(error)\` returns the reason of an error, and \`fieldErrorsOf(error)\` the errors of the fields. Over
HTTP they are \`error.data.reason\` and \`error.data.fields\` in tRPC, and \`reason\` and \`fields\` in REST. A reason never changes its
meaning; a later version may add reasons.

| reason | status | meaning |
|---|---|---|
${ALL_REASONS.map(reasonRow).join("\n")}

\`tegata.login()\` uses \`/token\`, not a procedure: it fails with an \`AuthError\`. Its reason is an error code of OAuth
(\`invalid_grant\` for a wrong password), \`email_unverified\`, \`too_many_attempts\`, \`unreachable\` or \`unexpected_response\`.

## Field errors

Each field has the code of one error, a message, and for some codes the limit, which is N here.

| code | message, after the name of the field |
|---|---|
${FIELD_ERROR_CODES.map(codeRow).join("\n")}

This page is generated from \`server/http/trpc/\` by \`npm run generate\`.
`;
  await expect(text).toMatchFileSnapshot("../../../docs/trpc.md");
});

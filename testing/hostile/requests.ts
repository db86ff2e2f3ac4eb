/** Hostile requests: valid ones with a few changes anywhere, and bytes that are no request at all. */
import fc from "fast-check";
import { asJson, asPairs, ENCODINGS, type Field, latin1, percent, plain } from "./encodings.ts";
import type { Template, Templates } from "./templates.ts";
import { FRAMING, fieldName, header, json, MARKED, splice, text } from "./values.ts";

/** A request as it is sent. */
export interface HostileRequest {
  /** Its bytes, written as the latin1 text that has them. */
  wire: string;
  /** Whether the connection ends after it, because the server may wait for more. */
  ends: boolean;
  /** Whether the caller does not wait for the response. */
  hangsUp: boolean;
}

/** What belongs to the caller: the values that a valid request has for some fields, and for the Authorization header. */
export interface Caller {
  /** By the name of the field; each value is valid. */
  fields: Readonly<Record<string, readonly string[]>>;
  authorizations: readonly string[];
}

const METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
const ODD_METHODS = ["PROPFIND", "QUERY", "get", "PRI", "X", "", "GET /"];

type Change = (text: string) => string;
const applyAll = (changes: readonly Change[], text: string) =>
  changes.reduce((changed, change) => change(changed), text);

/** Mostly what is given, and something else once in so many times. */
const mostly = <T>(usual: T, times: number, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const splices = (times: number) =>
  mostly<Change[]>([], times, fc.array(splice, { minLength: 1, maxLength: 2 }));

/** A value, or the marked secret: as a string, and as what no parser takes. */
const value = fc.oneof(
  { weight: 4, arbitrary: json },
  { weight: 1, arbitrary: fc.constantFrom(`"${MARKED}"`, MARKED, `"${MARKED}`) },
);

/** Replaces a field or repeats it: one that the endpoint knows, by its number, or any other. */
const edit = fc.record({
  field: fc.oneof({ weight: 3, arbitrary: fc.nat(30) }, { weight: 1, arbitrary: fieldName }),
  value,
  repeats: mostly(false, 4, fc.constant(true)),
});
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

/** These fields are shown again, so a marked secret is no secret in them. */
const SHOWN = /^(email|username|fullName|title|id|clientId|after|limit)$/;

function applyEdits(fields: readonly Field[], edits: readonly Edit[], names: readonly string[]) {
  const edited = [...fields];
  for (const { field, value, repeats } of edits) {
    const name = typeof field === "string" ? field : (names[field % names.length] ?? "x");
    const at = edited.findIndex(([known]) => known === name);
    const isLeak = SHOWN.test(name) && value.includes(MARKED);
    const changed: Field = [name, isLeak ? "1" : value];
    edited.splice(at === -1 ? edited.length : at, at === -1 || repeats ? 0 : 1, changed);
  }
  return edited;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The Authorization header, made from a valid one. */
const authorization: fc.Arbitrary<Change> = fc.oneof(
  { weight: 15, arbitrary: fc.constant((usual: string) => usual) },
  { weight: 2, arbitrary: splice },
  { weight: 1, arbitrary: text.map((other) => () => `Bearer ${latin1(other)}`) },
  { weight: 1, arbitrary: text.map((other) => () => `Basic ${base64(other)}`) },
  { weight: 1, arbitrary: fc.json().map((head) => () => `Bearer ${base64(head)}.e30.x`) },
);

/** Everything that a request may be changed by. */
const hostility = fc.record({
  method: mostly<string | undefined>(undefined, 20, fc.constantFrom(...METHODS, ...ODD_METHODS)),
  edits: fc.array(edit, { maxLength: 2 }),
  type: mostly<string | undefined>(undefined, 20, fc.constantFrom(...ENCODINGS.keys())),
  body: splices(6),
  target: splices(20),
  query: mostly<Field[]>([], 10, fc.array(fc.tuple(fieldName, value), { maxLength: 3 })),
  authorization,
  headers: mostly<[string, string][]>([], 3, fc.array(header, { maxLength: 3 })),
  isChunked: mostly(false, 7, fc.constant(true)),
  missing: mostly(0, 40, fc.constantFrom(1, 1_000, -1)),
  head: splices(40),
  hangsUp: mostly(false, 60, fc.constant(true)),
  pick: fc.nat(1_000),
});
type Hostility = typeof hostility extends fc.Arbitrary<infer Value> ? Value : never;

/** Requests to a service. @param caller is asked for each request, because its tokens may end at any time */
export function requestsTo(
  { operations, procedures, paths }: Templates,
  caller: () => Caller,
): fc.Arbitrary<HostileRequest> {
  const onPath = fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom(...METHODS))
    .map(([path, method]): Template => ({ method, path, type: undefined, fields: {}, names: [] }));
  const template = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...operations.filter(({ type }) => type)) },
    { weight: 2, arbitrary: fc.constantFrom(...operations.filter(({ type }) => !type)) },
    { weight: 3, arbitrary: fc.constantFrom(...procedures) },
    { weight: 2, arbitrary: batchesOf(procedures) },
    { weight: 1, arbitrary: onPath },
  );
  const changed = fc
    .tuple(template, hostility)
    .map(([one, changes]) => build(one, changes, caller()));
  const garbage = fc
    .array(fc.oneof(text.map(latin1), fc.constant("GET / HTTP/1.1\r\n")), { maxLength: 4 })
    .map((parts): HostileRequest => ({ wire: parts.join(" "), ends: true, hangsUp: false }));
  return fc.oneof({ weight: 40, arbitrary: changed }, { weight: 1, arbitrary: garbage });
}

/** Batches: of procedures, of nothing, and of too many. */
function batchesOf(procedures: readonly Template[]): fc.Arbitrary<Template> {
  const names = procedures.map(({ path }) => path.replace("/trpc/", ""));
  const batch = fc.record({
    names: fc.array(fc.constantFrom("", "x", "__proto__", ...names), { maxLength: 8 }),
    times: mostly(1, 7, fc.constantFrom(13, 120)),
    comma: fc.constantFrom(",", "%2c"),
    method: fc.constantFrom("GET", "POST"),
    inputs: fc.dictionary(fc.constantFrom("0", "1", "-1", "length", "__proto__"), fc.constant({})),
  });
  return batch.map(({ names, times, comma, method, inputs }) => ({
    method,
    path: `/trpc/${Array(times).fill(names.join(comma)).join(comma)}?batch=1`,
    type: method === "GET" ? undefined : "application/json",
    fields: inputs,
    names: ["0"],
  }));
}

function build(template: Template, changes: Hostility, caller: Caller): HostileRequest {
  const oneOf = (values: readonly string[] = []) => values[changes.pick % values.length];
  const own = Object.entries(template.fields).map(
    ([name, example]): Field => [name, JSON.stringify(oneOf(caller.fields[name]) ?? example)],
  );
  const fields = applyEdits(own, changes.edits, template.names);
  const method = changes.method ?? template.method;
  const type = template.type && (changes.type ?? template.type);
  const encode = type === undefined ? () => "" : ENCODINGS.get(type);
  if (!encode) throw new Error(`there is no encoding for ${type}`);
  const framed = frame(method, applyAll(changes.body, encode(fields)), changes);

  const headers: [name: string, value: string][] = [
    ["Host", "127.0.0.1"],
    ["Authorization", changes.authorization(oneOf(caller.authorizations) ?? "")],
    ...(type === undefined ? [] : ([["Content-Type", `${type}; boundary=x`]] as const)),
    ...changes.headers,
    ...framed.headers,
  ].map(([name = "", value = ""]) => [name, value.replace(/[\r\n]/g, "")]);
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const target = targetOf(template, fields, changes).replace(/[\r\n ]/g, "");
  const sound = `${method} ${target} HTTP/1.1\r\n${lines}\r\n`;
  const head = applyAll(changes.head, sound);
  const isOdd =
    head !== sound ||
    changes.missing !== 0 ||
    method === "CONNECT" ||
    !METHODS.includes(method) ||
    changes.headers.some(([name]) => FRAMING.test(name));
  return { wire: head + framed.body, ends: isOdd, hangsUp: changes.hangsUp };
}

/** The path with its fields, and the others in the query if they are not in the body. */
function targetOf({ path, type }: Template, fields: readonly Field[], changes: Hostility): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    percent(plain(fields.find(([field]) => field === name)?.[1] ?? "x")).slice(0, 2_000),
  );
  const others = type === undefined ? fields.filter(([name]) => !path.includes(`{${name}}`)) : [];
  const isProcedure = path.startsWith("/trpc/");
  const ask = isProcedure ? `input=${percent(asJson(others))}` : asPairs(others);
  const parts = [others.length > 0 ? ask : "", asPairs(changes.query)].filter(
    (part) => part !== "",
  );
  const query = parts.length > 0 ? `${path.includes("?") ? "&" : "?"}${parts.join("&")}` : "";
  return applyAll(changes.target, filled + query);
}

/** A body and the header that says how long it is; a negative number of missing bytes is of bytes too many. */
function frame(method: string, body: string, { isChunked, missing }: Hostility) {
  if (body === "" && method !== "POST") return { headers: [], body };
  if (!isChunked) {
    const length = String(Math.max(0, body.length + missing));
    return { headers: [["Content-Length", length]], body };
  }
  const chunks = body.match(/[\s\S]{1,1000}/g) ?? [];
  const sent = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return {
    headers: [["Transfer-Encoding", "chunked"]],
    body: `${sent}0\r\n\r\n`.slice(missing > 0 ? 1 : 0),
  };
}

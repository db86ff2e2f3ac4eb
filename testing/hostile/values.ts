/** Values that programs trip over: texts, JSON, bytes and headers, as fast-check arbitraries. */
import fc from "fast-check";

/**
 * A text that stands for a secret of the caller: no response and no log line may contain it. It is short, because the
 * error of a parser shows ten characters.
 */
export const MARKED = "mrk7f3a";

/** What is most often forgotten. */
const WORST_TEXTS = ["\0", "a\0b", "\ud800", "\ufeffx", "__proto__", "%", "x".repeat(5_000)];

const EDGE_TEXTS = [
  "",
  " ",
  "0",
  "-1",
  "1e309",
  "9007199254740993",
  "99999999999999999999",
  "null",
  "undefined",
  "true",
  "[object Object]",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "\0",
  "a\0b",
  "me\0",
  "\ufeff",
  "\ufeffx",
  "\ufffd",
  "\ud800",
  "\udfff\ud83d",
  "\u202e",
  "\u212a@example.com",
  "a@b",
  '"',
  "\\",
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  "1 UNION SELECT 1",
  "../../etc/passwd",
  "..\\..\\x",
  "%",
  "%00",
  "%ff",
  "%c0%ae",
  "%2e%2e%2f",
  "\r\nX-Injected: 1",
  "\n",
  "<script>",
  "e\u0301".repeat(150),
  "\u{1f600}".repeat(80),
  "x".repeat(300),
  "x".repeat(5_000),
  "x".repeat(17_000),
];

/** A text. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...WORST_TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...EDGE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 80 }) },
);

const EDGE_JSON = [
  "null",
  "true",
  "0",
  "-0",
  "1.5",
  "1e999",
  "-1E400",
  "123456789012345678901234567890",
  "[]",
  "{}",
  '[""]',
  '{"__proto__":{"x":1}}',
  '{"toString":1,"then":1}',
  '{"constructor":{"prototype":{"x":1}}}',
  '"\\ud800"',
  '"\\u0000"',
  "NaN",
  "'x'",
  "",
  `${"[".repeat(3_000)}${"]".repeat(3_000)}`,
  `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
  "[".repeat(3_000),
];

/** A value in JSON, or nearly: what a parser should refuse is among them. */
export const json: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: text.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom(...EDGE_JSON) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
);

/** The name of a field that an endpoint may know, or that an object has anyway. */
export const fieldName: fc.Arbitrary<string> = fc.constantFrom(
  "email",
  "password",
  "username",
  "scope",
  "grant_type",
  "client_id",
  "client_secret",
  "refresh_token",
  "token",
  "token_type_hint",
  "id",
  "admin",
  "disabled",
  "passwordHash",
  "__proto__",
  "constructor",
  "toString",
  "",
  "a\0b",
  "\ud800",
  "x".repeat(300),
);

const EDGE_BYTES = [
  "\x00",
  "\xff",
  "\xc0\x80",
  "\xed\xa0\x80",
  "\xf4\x90\x80\x80",
  "\xef\xbb\xbf",
  "%",
  "%ff",
  "%00",
  "%zz",
  "&",
  "=",
  "+",
  ",",
  "{",
  "[",
  '"',
  "\\",
  "\\u0000",
  "\\ud800",
  "\r\n",
  "\r\n\r\n",
  "--x",
  "/",
  "?",
  "#",
  ";",
];

/** Bytes, written as the latin1 text that has them. */
export const bytes: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...EDGE_BYTES) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 20 })
      .map((array) => Buffer.from(array).toString("latin1")),
  },
);

/** Changes a text in one place: inserts, deletes, replaces, truncates or repeats. */
export const splice: fc.Arbitrary<(text: string) => string> = fc
  .record({
    insert: bytes,
    remove: fc.constantFrom(0, 1, 1, 4, 1e6),
    repeat: fc.constantFrom(1, 1, 1, 2, 500),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ at, remove, insert, repeat }) => (text) => {
    const start = Math.floor(at * text.length);
    return text.slice(0, start) + insert.repeat(repeat) + text.slice(start + remove);
  });

/** Headers that are no part of a plain request. */
export const header: fc.Arbitrary<[name: string, value: string]> = fc.constantFrom(
  ["Accept", "application/jsonl"],
  ["trpc-accept", "application/jsonl"],
  ["Accept", "text/event-stream"],
  ["Accept", "*/*;q=x,,;"],
  ["Accept-Encoding", "br"],
  ["Accept-Encoding", "gzip;q=0, *;q=0, identity;q=0"],
  ["Accept-Charset", "utf-16"],
  ["Range", "bytes=5-1,-1"],
  ["If-None-Match", "*"],
  ["If-Modified-Since", "x"],
  ["Origin", "null"],
  ["Origin", "https://evil.test"],
  ["Access-Control-Request-Method", "POST"],
  ["X-Forwarded-For", "1.2.3.4, ::ffff:102:304, x"],
  ["X-Forwarded-Host", "evil.test"],
  ["X-Forwarded-Proto", "javascript"],
  ["Forwarded", "for=x;host=evil.test"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["X-Method-Override", "GET"],
  ["X-Original-URL", "/docs"],
  ["X-Request-Id", "a".repeat(64)],
  ["X-Request-Id", "\xff"],
  ["__proto__", "x"],
  ["constructor", "x"],
  ["toString", "x"],
  ["Cookie", `a=${MARKED}; __proto__=x; ${"x".repeat(4_000)}`],
  ["User-Agent", "\xff\xfe\x80"],
  ["User-Agent", "x".repeat(3_000)],
  ["X-Large", "x".repeat(15_000)],
  ["X-Large", "x".repeat(65_536)],
  ["Authorization", `Bearer ${MARKED}`],
  ["Authorization", `Basic ${Buffer.from(`x:${MARKED}`).toString("base64")}`],
  ["Authorization", ""],
  ["Proxy-Authorization", `Basic ${MARKED}`],
  ["Content-Type", "application/json"],
  ["Content-Type", "application/json; charset=utf-16le"],
  ["Content-Type", "application/x-www-form-urlencoded; charset=x; charset=utf-8"],
  ["Content-Type", "multipart/form-data"],
  ["Content-Type", "multipart/form-data; boundary="],
  ["Content-Type", "\xff/\xff;;=;"],
  ["Content-Encoding", "gzip"],
  ["Content-Encoding", "br, identity"],
  ["Content-Encoding", "x"],
  ["Host", "evil.test"],
  ["Host", "a@b"],
  ["Host", "["],
  ["Host", ""],
  ["TE", "trailers"],
  ["Sec-Fetch-Site", "cross-site"],
  // From here on, they say how the request is framed.
  ["Content-Length", "5"],
  ["Content-Length", "-1"],
  ["Content-Length", "99999999999999999999"],
  ["Content-Length", "0x10"],
  ["Transfer-Encoding", "chunked"],
  ["Transfer-Encoding", "gzip, chunked"],
  ["Transfer-Encoding", "x"],
  ["Trailer", "Authorization"],
  ["Expect", "100-continue"],
  ["Expect", "x"],
  ["Connection", "close"],
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Upgrade", "h2c"],
);

/** The headers after which a server may wait for something that does not come. */
export const FRAMING = /^(content-length|transfer-encoding|trailer|expect|connection|upgrade)$/i;

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../testing/process.ts";
import { nearest } from "./nearest.ts";
import { SETTINGS } from "./settings.ts";
import { parseSettingsFile, readSettingsFile } from "./settings-file.ts";

const KEYS = Object.values(SETTINGS).map(({ key }) => key);
const HIDDEN = "h1dden";
const parse = (text: string) => parseSettingsFile(text, KEYS);
/** Reads a file with these bytes. */
const read = (bytes: string | Buffer) => {
  const path = join(emptyFolder(), ".env");
  writeFileSync(path, bytes);
  return readSettingsFile(path, KEYS);
};
const inUtf16 = (text: string, order: "le" | "be", mark = "\uFEFF") => {
  const bytes = Buffer.from(mark + text, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
};

describe("a settings file", () => {
  const values = { PORT: "4000", HOST: "::1" };
  test.each<[string, string | Buffer]>([
    ["UTF-8", "PORT=4000\nHOST=::1\n"],
    ["UTF-8 with a byte order mark", "\uFEFFPORT=4000\nHOST=::1\n"],
    ["UTF-16 as PowerShell writes it", inUtf16("PORT=4000\r\nHOST=::1\r\n", "le")],
    ["big-endian UTF-16", inUtf16("PORT=4000\r\nHOST=::1\r\n", "be")],
    ["Windows line endings", "PORT=4000\r\nHOST=::1\r\n"],
    ["old Mac line endings", "# here\rPORT=4000\rHOST=::1\r"],
    ["mixed line endings", "PORT=4000\r\n\r\rHOST=::1\n\r"],
    ["no line ending at the end", "PORT=4000\nHOST=::1"],
    ["comments in another encoding", Buffer.from("# é\nPORT=4000 # ü\nHOST=::1", "latin1")],
  ])("is read with %s", (_, bytes) => {
    expect(read(bytes)).toEqual({ is: "read", values });
  });

  test.each<[string, Record<string, string>]>([
    ["", {}],
    ["\n \t\n# PORT=1\n  # x", {}],
    ["PORT=", { PORT: "" }],
    ["PORT= # any", { PORT: "" }],
    ["PORT=# any", { PORT: "" }],
    ["PORT=4000 # any", { PORT: "4000" }],
    [" \tPORT = 4000 ", { PORT: "4000" }],
    ["export PORT=4000", { PORT: "4000" }],
    ["export  PORT=4000", { PORT: "4000" }],
    ['SECRET_KEY="a#b" # any', { SECRET_KEY: "a#b" }],
    [`SECRET_KEY='a#\${B}\\n\\"'`, { SECRET_KEY: `a#\${B}\\n\\"` }],
    ["SECRET_KEY=`a#'\"`#any", { SECRET_KEY: "a#'\"" }],
    ['SECRET_KEY="a\\nb"', { SECRET_KEY: "a\nb" }],
    ["SECRET_KEY=it's=a\"b", { SECRET_KEY: "it's=a\"b" }],
    ["SECRET_KEY=a$b", { SECRET_KEY: "a$b" }],
    ["DATABASE_URL=file:my data.db", { DATABASE_URL: "file:my data.db" }],
    [
      'CORS_ORIGINS="https://a.test,\nhttps://b.test"\nPORT=1',
      { CORS_ORIGINS: "https://a.test,\nhttps://b.test", PORT: "1" },
    ],
    // A copy of .env.example with a line added at the end.
    ["SECRET_KEY=\nSECRET_KEY=abc", { SECRET_KEY: "abc" }],
  ])("is read from %j", (text, values) => {
    expect(parse(text)).toEqual({ is: "read", values });
    expect(parse(`${text}\n`)).toEqual({ is: "read", values });
  });

  test("can be a copy of .env.example", () => {
    const parsed = parse(readFileSync(".env.example", "utf8"));
    expect(parsed.is === "read" && Object.keys(parsed.values)).toEqual(KEYS);
  });

  test("sets nothing if it does not exist", () => {
    const path = join(emptyFolder(), ".env");
    expect(readSettingsFile(path, KEYS)).toEqual({ is: "read", values: {} });
  });

  test("can have keys of other programs with any value", () => {
    const text = `MYSQL_PASSWORD=a#b
MYSQL_ROOT_PASSWORD="a\\"b"
MYSQL_PORT=3306
MYSQL_HOST=\${HOST}
COMPOSE_PROJECT_NAME=tegata
COMPOSE_PROJECT_NAME=again
TEGATA_URL=http://127.0.0.1:3000
TEGATA_IMAGE_DAYS=1
SESSION_SECONDS=1
KEEP_MS=1
EXPIRE_MINUTES=1
ALGORITHM=HS256
JWT_SECRET=x
SECRET_KEY_BASE=x
HOSTNAME=x
HTTP_PORT=1
TZ=Asia/Tokyo
app.name=x
PRIVATE_KEY="-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg
AQ==
-----END PRIVATE KEY-----"
PORT=4000
`;
    expect(parse(text)).toMatchObject({ is: "read", values: { PORT: "4000" } });
  });
});

describe("a settings file is rejected, and the error names the line:", () => {
  test.each([
    [`PORT: ${HIDDEN}`, 1, /write KEY=value, with an equals sign$/],
    [`PORT=1\n\n${HIDDEN}\nHOST=x`, 3, /is neither KEY=value nor a # comment$/],
    [`PORT=1\r\r${HIDDEN}`, 3, /is neither KEY=value nor a # comment$/],
    [`[${HIDDEN}]`, 1, /is neither/],
    [`=${HIDDEN}`, 1, /is neither/],
    [`; ${HIDDEN}`, 1, /is neither/],
    ["export PORT", 1, /is neither/],
    [`set PORT=${HIDDEN}`, 1, /is neither/],
    [`$env:PORT="${HIDDEN}"`, 1, /is neither/],
    [`\u00A0PORT=${HIDDEN}`, 1, /is neither/],
    [`ＰＯＲＴ=${HIDDEN}`, 1, /is neither/],
    [`SECRET_KEY="${HIDDEN}`, 1, /the quote is not closed, or something other/],
    [`SECRET_KEY='${HIDDEN}\nPORT=1`, 1, /the quote is not closed, or something other/],
    [`MYSQL_PASSWORD=\`${HIDDEN}`, 1, /the quote is not closed, or something other/],
    [`SECRET_KEY="${HIDDEN}"x`, 1, /the quote is not closed, or something other/],
    [`SECRET_KEY="${HIDDEN}" PORT=1`, 1, /the quote is not closed, or something other/],
    [`PORT=1\nSECRET_KEY="${HIDDEN}\nHOST=x\nX=y"`, 2, /the quote is not closed before the next/],
    [`MYSQL_PASSWORD='${HIDDEN}\n export HOST = x'`, 1, /the quote is not closed before the next/],
    [`SECRET_KEY=${HIDDEN}#rest`, 1, /SECRET_KEY: put a value that contains # between quotes$/],
    [`SECRET_KEY=#${HIDDEN}`, 1, /put a value that contains #/],
    [`SECRET_KEY=${HIDDEN}# any`, 1, /put a value that contains #/],
    [`SECRET_KEY=${HIDDEN}\t`, 1, /has a tab or another white space at its edge/],
    [`SECRET_KEY=\u3000${HIDDEN}`, 1, /has a tab or another white space at its edge/],
    [`SECRET_KEY=\t"${HIDDEN}"`, 1, /has a tab or another white space at its edge/],
    [`SECRET_KEY="${HIDDEN}\\""`, 1, /put the value between single quotes$/],
    [`SECRET_KEY="\${${HIDDEN}}"`, 1, /variables are not expanded/],
    [`DATABASE_URL=mysql://u:\${${HIDDEN}}@h/d`, 1, /DATABASE_URL: variables are not expanded/],
    [`SECRET_KEY=${HIDDEN} PORT=1`, 1, /PORT must be in a line of its own$/],
    [`PORT=1\nHOST=x\nPORT=${HIDDEN}`, 3, /PORT is already set in line 1: remove one of them$/],
    [`PORT=${HIDDEN}\nPORT=`, 2, /PORT is already set in line 1/],
    [`SECERT_KEY=${HIDDEN}`, 1, /SECERT_KEY is not a setting; did you mean SECRET_KEY\?$/],
    [`secret_key=${HIDDEN}`, 1, /secret_key is not a setting; did you mean SECRET_KEY\?$/],
    [`SECRET-KEY=${HIDDEN}`, 1, /SECRET-KEY is not a setting; did you mean SECRET_KEY\?$/],
    [`SECRET_KEY=a\u0000${HIDDEN}`, 1, /SECRET_KEY: is not text in UTF-8/],
  ])("%j", (text, line, problem) => {
    expect(parse(text)).toEqual({
      is: "refused",
      problems: [expect.stringMatching(new RegExp(`^line ${line}: .*${problem.source}`))],
    });
    expect(JSON.stringify(parse(text))).not.toContain(HIDDEN);
  });

  test("several invalid lines, each with its own error", () => {
    expect(parse("junk\nPORT=1\nPROT=2\n\nHOST: x")).toEqual({
      is: "refused",
      problems: [
        expect.stringMatching(/^line 1: /),
        expect.stringMatching(/^line 3: /),
        expect.stringMatching(/^line 5: /),
      ],
    });
  });

  test.each<[string, Buffer]>([
    ["UTF-16 without a byte order mark", inUtf16("PORT=4000\n", "le", "")],
    ["big-endian UTF-16 without a byte order mark", inUtf16("PORT=4000\n", "be", "")],
    ["a value in another encoding", Buffer.from("SECRET_KEY=é", "latin1")],
  ])("%s", (_, bytes) => {
    expect(read(bytes)).toEqual({
      is: "refused",
      problems: expect.arrayContaining([expect.stringMatching(/ line 1: .*is not text in UTF-8/)]),
    });
  });

  test("a settings file that cannot be read is rejected", () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "directory"));
    symlinkSync("nowhere", join(folder, "link"));
    symlinkSync("loop", join(folder, "loop"));
    const problem = (name: string) => {
      const file = readSettingsFile(join(folder, name), KEYS);
      return file.is === "refused" ? file.problems : [];
    };
    expect(problem("directory")).toEqual([expect.stringMatching(/directory: is a directory; /)]);
    expect(problem("link")).toEqual([expect.stringMatching(/link: cannot be read \(ENOENT\); /)]);
    expect(problem("loop")).toEqual([expect.stringMatching(/loop: cannot be read \(ELOOP\); /)]);
  });
});

test("every accepted file has the same values as with parseEnv", () => {
  const part = fc.constantFrom(
    ...["PORT", "SECRET_KEY", "HOST", "X", "export ", "=", "=", "=", " ", "\n", "\n", "\r\n"],
    ...["#", '"', "'", "`", "\\", "\\n", "a", "b", ",", "\u3000", "ü"],
  );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 24 }), (parts) => {
      const text = parts.join("");
      const parsed = parse(text);
      const node = parseEnv(text);
      // After `export` and two spaces, or a line of spaces, parseEnv adds white space to the next key.
      if (parsed.is === "refused" || Object.keys(node).some((key) => /\s/.test(key))) return;
      const ours = (values: NodeJS.Dict<string>) =>
        KEYS.map((key) => [key, values[key]?.trim() ? values[key] : undefined]);
      expect(ours(parsed.values)).toEqual(ours(node));
      if (ours(parsed.values).some(([, value]) => value !== undefined)) accepted += 1;
    }),
    { numRuns: 20_000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

test("nearest finds every setting despite one typing error, and confuses no two settings", () => {
  for (const key of KEYS) {
    expect(nearest(key, KEYS)).toBe(key);
    const [first = "", second = "", ...rest] = key;
    const last = key.at(-1) ?? "";
    for (const misspelt of [
      key.toLowerCase(),
      key.replaceAll("_", ""),
      [second, first, ...rest].join(""),
      key.slice(1),
      `${key}${last}`,
      `${key.slice(0, -1)}Q`,
    ])
      expect(nearest(misspelt, KEYS), misspelt).toBe(key);
  }
});

test("a setting with TEGATA_ before it, or in another unit, is rejected with a suggestion", () => {
  const meant = (key: string) => {
    const parsed = parse(`${key}=${HIDDEN}`);
    return parsed.is === "refused" ? parsed.problems : [];
  };
  const suggests = (typed: string, key: string) =>
    expect(meant(typed)).toEqual([`line 1: ${typed} is not a setting; did you mean ${key}?`]);
  for (const key of KEYS)
    for (const typed of [`TEGATA_${key}`, `tegata-${key}`]) suggests(typed, key);
  const inUnits = KEYS.filter((key) => /_(SECONDS|MINUTES|DAYS)$/.test(key));
  expect(inUnits).toContain("KEEP_ALIVE_SECONDS");
  for (const key of inUnits) {
    const stem = key.slice(0, key.lastIndexOf("_"));
    for (const unit of ["MS", "S", "SECONDS", "MIN", "MINUTES", "HOUR", "HOURS", "DAYS", "WEEKS"])
      if (`${stem}_${unit}` !== key) suggests(`${stem}_${unit}`, key);
    suggests(stem, key);
    suggests(`TEGATA_${stem}_HOURS`, key);
  }
});

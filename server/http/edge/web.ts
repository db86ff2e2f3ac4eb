/** The files for browsers: what the build has written, read once and served from memory. Texts are kept compressed. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib";
import type { Response } from "express";
import { type Coding, codingFor } from "./compression.ts";

/** `dist/web`, both from the source and from the build. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/web" : "../../../web", import.meta.url),
);

/** The endings of the files that the build also writes in each coding. */
const ENDINGS: Readonly<Record<Coding, string>> = { br: ".br", gzip: ".gz" };

/** One form of a file. */
interface Form {
  body(): Buffer;
  etag: string;
}

/** A file held in memory, so that a caller that does not read the response keeps no file open. */
export interface WebFile {
  /** Its ending says what type it has. */
  name: string;
  plain: Form;
  /** Each coding that it has. Images have none: they are compressed anyway. */
  coded: ReadonlyMap<Coding, Form>;
  headers: Readonly<Record<string, string>>;
}

const etagOf = (...parts: (Buffer | string)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `"${hash.digest("base64url")}"`;
};
const formOf = (body: Buffer): Form => ({ body: () => body, etag: etagOf(body) });

/**
 * The plain form of a file that is stored with Brotli. Browsers accept Brotli (over https or on a loopback address; gzip
 * otherwise); for other clients, it is decompressed on first use and then kept.
 */
function unpacked(compressed: Buffer): Form {
  let body: Buffer | undefined;
  return {
    body: () => (body ??= brotliDecompressSync(compressed)),
    etag: etagOf("plain", compressed),
  };
}

/** Every built file by its path in the folder. */
const FILES = readFiles();

function readFiles(): ReadonlyMap<string, WebFile> {
  // The tests of single parts run without a build.
  const names = existsSync(FOLDER)
    ? readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => extname(name))
    : [];
  const read = (name: string) => readFileSync(join(FOLDER, name));
  const codings = Object.entries(ENDINGS) as [Coding, string][];
  return new Map(
    names
      .filter((name) => !codings.some(([, ending]) => name.endsWith(ending)))
      .map((name) => {
        const existing = codings.filter(([, ending]) => names.includes(name + ending));
        const coded = new Map(
          existing.map(([coding, ending]) => [coding, formOf(read(name + ending))]),
        );
        const brotli = coded.get("br")?.body();
        const plain = brotli ? unpacked(brotli) : formOf(read(name));
        const headers = {
          // The names of assets change with their content.
          ...(name.startsWith("assets/") && {
            "Cache-Control": "public, max-age=31536000, immutable",
          }),
          "Last-Modified": statSync(join(FOLDER, name)).mtime.toUTCString(),
        };
        return [name, { name, plain, coded, headers }];
      }),
  );
}

/** Finds a script, style or image of the pages by its name. */
export function findAsset(name: string): { file: string } | undefined {
  const file = `assets/${name}`;
  return FILES.has(file) ? { file } : undefined;
}

/**
 * Makes an edited copy of a built text file. It has no Last-Modified, only an ETag.
 * @returns undefined if the original has not been built
 */
export function editFile(name: string, edit: (text: string) => string): WebFile | undefined {
  const built = FILES.get(name);
  if (!built) return undefined;
  const body = Buffer.from(edit(built.plain.body().toString()));
  const coded = new Map<Coding, Form>([
    ["br", formOf(brotliCompressSync(body))],
    ["gzip", formOf(gzipSync(body, { level: 9 }))],
  ]);
  return { name, plain: formOf(body), coded, headers: {} };
}

/** Makes an image that is served as it is. @param headers more headers of the response */
export const imageFile = (
  name: string,
  body: Buffer,
  headers: Record<string, string>,
): WebFile => ({
  name,
  plain: formOf(body),
  coded: new Map(),
  headers,
});

/**
 * Sends a file, compressed if the caller accepts that.
 * @param headers more headers, which replace those of the file
 * @throws if it is given by name and has not been built
 */
export function sendFile(
  res: Response,
  wanted: string | WebFile,
  headers: Readonly<Record<string, string>> = {},
): void {
  const file = typeof wanted === "string" ? FILES.get(wanted) : wanted;
  if (!file) throw new Error(`${wanted} has not been built`);
  const coding = codingFor(res.req);
  const coded = coding && file.coded.get(coding);
  if (file.coded.size > 0) res.vary("Accept-Encoding");
  if (coding && coded) res.set("Content-Encoding", coding);
  const { body, etag } = coded ?? file.plain;
  res.set({ "Cache-Control": "no-cache", ETag: etag, ...file.headers, ...headers });
  res.type(extname(file.name)).send(body());
}

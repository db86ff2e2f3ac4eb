/** The built page and the built Swagger UI: only files that the build has written, read once and served from memory. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
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
  body: Buffer;
  etag: string;
}

/** A file. */
interface BuiltFile {
  plain: Form;
  /** Each coding that it has. Images have none: they are compressed anyway. */
  coded: ReadonlyMap<Coding, Form>;
  modified: string;
}

/** Every file by its path in the folder. In memory, a caller that does not read the response costs no open file. */
const FILES = readFiles();

function readFiles(): ReadonlyMap<string, BuiltFile> {
  // The tests of single parts run without a build.
  const names = existsSync(FOLDER)
    ? readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => extname(name))
    : [];
  const form = (name: string): Form => {
    const body = readFileSync(join(FOLDER, name));
    return { body, etag: `"${createHash("sha256").update(body).digest("base64url")}"` };
  };
  const codings = Object.entries(ENDINGS) as [Coding, string][];
  return new Map(
    names
      .filter((name) => !codings.some(([, ending]) => name.endsWith(ending)))
      .map((name) => {
        const existing = codings.filter(([, ending]) => names.includes(name + ending));
        const coded = new Map(existing.map(([coding, ending]) => [coding, form(name + ending)]));
        const modified = statSync(join(FOLDER, name)).mtime.toUTCString();
        return [name, { plain: form(name), coded, modified }];
      }),
  );
}

/** Finds a script, style or image of the pages by its name. */
export function findAsset(name: string): { file: string } | undefined {
  const file = `assets/${name}`;
  return FILES.has(file) ? { file } : undefined;
}

/** Sends a built file, compressed if the caller accepts that. @throws if it has not been built */
export function sendFile(res: Response, name: string): void {
  const file = FILES.get(name);
  if (!file) throw new Error(`${name} has not been built`);
  const coding = codingFor(res.req);
  const coded = coding && file.coded.get(coding);
  if (file.coded.size > 0) res.vary("Accept-Encoding");
  if (coding && coded) res.set("Content-Encoding", coding);
  const { body, etag } = coded ?? file.plain;
  // The names of assets change with their content.
  const isAsset = name.startsWith("assets/");
  res.set({
    "Cache-Control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
    "Last-Modified": file.modified,
    ETag: etag,
  });
  res.type(extname(name)).send(body);
}

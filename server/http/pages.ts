/** The page: one document for all of its screens, which `client/web/routes.ts` lists. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { SWAGGER_REDIRECT } from "../clients/redirect-uris.ts";
import type { Tegata } from "../tegata.ts";
import { type BrandColors, brandColors } from "./brand.ts";
import { editFile, imageFile, type WebFile } from "./edge/web.ts";
import { problemFormat } from "./problem.ts";
import type { Handler, Route } from "./route.ts";

/** Where the screens are. All are in one folder, so the document finds its scripts from each. */
const PATHS = [
  "/",
  "/login",
  "/register",
  "/forgot",
  "/verify",
  "/reset",
  "/change-email",
  "/take-back",
  "/workbench",
];

/** What the page knows of the service without asking. The document contains it. */
export interface Facts {
  /** Whether the service sends mails. Without, nobody can get a forgotten password back. */
  mail: boolean;
  /** Whether everybody can register. */
  registration: boolean;
  /** In characters. */
  passwordMinLength: number;
  brand: { name: string; logo: boolean; colors?: BrandColors };
}

function facts({ settings, mail }: Tegata): Facts {
  const { registration, passwordMinLength, brandName, brandLogo, brandColor } = settings;
  return {
    mail: mail.isAvailable,
    registration: registration === "open",
    passwordMinLength,
    brand: {
      name: brandName,
      logo: brandLogo !== undefined,
      ...(brandColor !== undefined && { colors: brandColors(brandColor) }),
    },
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);

/**
 * Serves a built document with the facts and the brand.
 * @param name of the built file
 * @param headers more headers of the response
 */
export function page(
  tegata: Tegata,
  name: string,
  headers: Record<string, string> = {},
): () => { file: string | WebFile; headers: Record<string, string> } {
  const content = escapeHtml(JSON.stringify(facts(tegata)));
  const title = escapeHtml(tegata.settings.brandName);
  // Functions, because a replacement that is a text has placeholders: a name can contain `$&`.
  const file = editFile(name, (html) =>
    html
      .replace(/<meta\s+name="tegata"[^>]*>/, () => `<meta name="tegata" content="${content}">`)
      .replace(/<title>.*<\/title>/, () => `<title>${title}</title>`),
  );
  return () => ({ file: file ?? name, headers });
}

/**
 * Serves Swagger UI. It opens the log-in page in a window of its own, which comes back to the redirect URI of the built-in
 * client. The policy that helmet sets would separate the two windows.
 */
export function swaggerUi(route: Route): void {
  const opens = { "Cross-Origin-Opener-Policy": "same-origin-allow-popups" };
  const isOpened = { "Cross-Origin-Opener-Policy": "unsafe-none", "Cache-Control": "no-store" };
  const files: [string, string, Record<string, string>][] = [
    ["/docs", "docs.html", opens],
    ["/docs/", "deeper/docs.html", opens],
    [SWAGGER_REDIRECT, "deeper/oauth2-redirect.html", isOpened],
  ];
  for (const [path, file, headers] of files)
    route(path, { GET: () => ({ file, headers }) }, problemFormat);
}

/** Serves the page at each path, and the logo. @throws if the logo cannot be read */
export function pageRoutes(tegata: Tegata, route: Route): void {
  const { brandLogo } = tegata.settings;
  route(PATHS, { GET: page(tegata, "index.html") }, problemFormat);
  if (brandLogo !== undefined) route("/logo", { GET: logo(brandLogo) }, problemFormat);
}

function logo(path: string): Handler {
  // An SVG file can contain scripts. They do not run even if the file is opened directly.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
  try {
    const file = imageFile(`logo${extname(path).toLowerCase()}`, readFileSync(path), {
      "Content-Security-Policy": policy,
    });
    return () => ({ file });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`BRAND_LOGO: could not read the file: ${why}`, { cause });
  }
}

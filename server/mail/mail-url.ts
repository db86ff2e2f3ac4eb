/** Reads `MAIL_URL`: every part is understood, or refused. */
import { readFileSync } from "node:fs";
import { isLoopback } from "../loopback.ts";

/** A mail server, and how the connection to it is protected. */
export interface MailServer {
  host: string;
  port: number;
  /** `smtps` speaks TLS from the first byte; `starttls` must upgrade before anything is sent. */
  tls: "smtps" | "starttls" | "none";
  /** The PEM of the authorities that the certificate is checked against; undefined for those of Node. */
  ca: string | undefined;
  login: { user: string; pass: string } | undefined;
}

/** Reserved characters must be encoded: one that is not would make a part of the password a host. */
const FORM =
  /^(?<scheme>smtps?):\/\/(?:(?<user>[^:@/?#]+):(?<password>[^:@/?#]+)@)?(?<host>\[[\da-f:.]+\]|[^:@/?#[\]]+)(?::(?<port>\d{1,5}))?\/?(?:\?(?<query>[^?#]*))?$/i;

const invalid = (message: string) => ({ is: "invalid", message }) as const;

/**
 * Reads a URL. Without TLS, whoever listens reads the links, which are as good as passwords. So `smtp:` means STARTTLS,
 * except on this machine without a password.
 * @returns what it says, or why it cannot be used; the reason repeats nothing of it but the names of parameters
 */
export function readMailUrl(
  url: string,
): { is: "server"; server: MailServer } | { is: "invalid"; message: string } {
  const { scheme = "", user, password, host = "", port, query } = url.match(FORM)?.groups ?? {};
  if (host === "")
    return invalid(
      "must be smtps://USER:PASSWORD@HOST:PORT or smtp://…; in a user name or password, write % @ : / ? # as %25 %40 %3A %2F %3F %23",
    );
  const given = [...new URLSearchParams(query)];
  const parameters = new Map(given);
  const mode = parameters.get("sslmode");
  const file = parameters.get("ssl-ca");
  const unknown = [...parameters.keys()].find((name) => !/^(sslmode|ssl-ca)$/.test(name));
  if (unknown !== undefined || parameters.size < given.length)
    return invalid("can have the parameters sslmode and ssl-ca, each once, and no others");
  if (mode !== undefined && mode !== "disable") return invalid("sslmode can only be disable");
  const isTls = /^smtps$/i.test(scheme);
  if (mode && (isTls || user !== undefined))
    return invalid("sslmode=disable does not go with smtps or a password");
  const isLocal = isLoopback(host);
  const isPlain = mode !== undefined || (isLocal && user === undefined);
  const tls = isTls ? "smtps" : isPlain ? "none" : "starttls";
  try {
    const ca = file === undefined ? undefined : readFileSync(file, "utf8");
    const login =
      user !== undefined && password !== undefined
        ? { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
        : undefined;
    const server = {
      host: host.replace(/^\[(.*)\]$/, "$1"),
      port: port === undefined ? (isTls ? 465 : 587) : Number(port),
      tls,
      ca,
      login,
    } as const;
    return server.port > 65_535 ? invalid("has a port above 65535") : { is: "server", server };
  } catch (error) {
    if (error instanceof URIError) return invalid("must be a URL: write % as %25");
    return invalid("ssl-ca: the file cannot be read");
  }
}

/** Reads a `mysql://…` URL: every parameter is understood, or refused by its name. */
import { readFileSync } from "node:fs";

/** How the connection is protected; the names of MySQL's `--ssl-mode`. */
export type SslMode = "DISABLED" | "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY";

/** How the connection is protected, and the PEM files of the authorities and of a certificate of our own. */
export interface Tls {
  mode: SslMode;
  ca?: string;
  cert?: string;
  key?: string;
}

/** What a `mysql://…` URL says. */
export interface MysqlUrl {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  tls: Tls;
  socketPath?: string;
  connectionLimit?: number;
}

/** The values of `sslmode`, in MySQL's spelling and in that of PostgreSQL, which many tools write. */
const SSL_MODES: ReadonlyMap<string, SslMode> = new Map(
  Object.entries({
    disabled: "DISABLED",
    disable: "DISABLED",
    required: "REQUIRED",
    require: "REQUIRED",
    verifyca: "VERIFY_CA",
    verifyidentity: "VERIFY_IDENTITY",
    verifyfull: "VERIFY_IDENTITY",
  }),
);

/** The parameters, by their names without `-` and `_` and in lower case. */
const PARAMETERS = {
  sslmode: "mode",
  sslca: "ca",
  sslrootcert: "ca",
  sslcert: "cert",
  sslkey: "key",
  ssl: "ssl",
  socketpath: "socketPath",
  connectionlimit: "connectionLimit",
  charset: "charset",
} as const;
type Parameters = Partial<Record<(typeof PARAMETERS)[keyof typeof PARAMETERS], string>>;
const NAMES: ReadonlyMap<string, keyof Parameters> = new Map(Object.entries(PARAMETERS));

/** Reserved characters must be encoded: one that is not would make a part of the password a host, a path or a name. */
const FORM =
  /^mysql:\/\/(?<user>[^:@/?#]+)(?::(?<password>[^:@/?#]*))?@(?<host>\[[\da-f:.]+\]|[^:@/?#[\]]+)(?::(?<port>\d{1,5}))?\/(?<database>[^:@/?#]+)(?:\?(?<query>[^@?#]*))?$/i;

/**
 * Reads a URL.
 * @returns what it says, or why it cannot be used; the reason repeats nothing of it but the names of parameters
 */
export function readMysqlUrl(
  url: string,
): { is: "url"; url: MysqlUrl } | { is: "invalid"; message: string } {
  const {
    user = "",
    password = "",
    host = "",
    port = "3306",
    database = "",
    query = "",
  } = url.match(FORM)?.groups ?? {};
  if (user === "")
    return invalid(
      "must be file:PATH or mysql://USER:PASSWORD@HOST:PORT/DATABASE; in a user name or password, write % @ : / ? # as %25 %40 %3A %2F %3F %23",
    );
  try {
    const base = {
      host: decodeURIComponent(host).replace(/^\[(.*)\]$/, "$1"),
      port: Number(port),
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      database: decodeURIComponent(database),
    };
    return readParameters(base, new URLSearchParams(query.replaceAll("+", "%2B")));
  } catch (error) {
    if (error instanceof URIError)
      return invalid("contains a % that is not followed by two hexadecimal digits: write %25");
    throw error;
  }
}

const invalid = (message: string) => ({ is: "invalid" as const, message });

function readParameters(
  base: Omit<MysqlUrl, "tls">,
  query: URLSearchParams,
): ReturnType<typeof readMysqlUrl> {
  const read: Parameters = {};
  for (const [name, value] of query) {
    const key = NAMES.get(name.replace(/[-_]/g, "").toLowerCase());
    if (key === undefined) return invalid(unknown(name));
    if (read[key] !== undefined) return invalid(`says ${name} twice`);
    if (value === "") return invalid(`has no value for ${name}`);
    read[key] = value;
  }
  const { charset, connectionLimit, socketPath } = read;
  if (charset !== undefined && charset.toLowerCase() !== "utf8mb4")
    return invalid("charset: must be utf8mb4, or left out");
  if (connectionLimit !== undefined && !/^[1-9]\d{0,3}$/.test(connectionLimit))
    return invalid("connectionLimit: must be a whole number from 1 to 9999");
  const secured = readTls(base.host, read);
  if (secured.is === "invalid") return secured;
  return {
    is: "url",
    url: {
      ...base,
      tls: secured.tls,
      ...(socketPath !== undefined && { socketPath }),
      ...(connectionLimit !== undefined && { connectionLimit: Number(connectionLimit) }),
    },
  };
}

/** A name is repeated only if it looks like one. */
const unknown = (name: string) =>
  `${/^[a-z][\w-]{0,30}$/i.test(name) ? `the parameter ${name} is unknown` : "a parameter is unknown"}; for TLS write sslmode=verify-full, verify-ca, require or disable, and ssl-ca=FILE. Others: ssl-cert, ssl-key, socketPath, connectionLimit`;

function readTls(
  host: string,
  { ssl, mode: asked, ca, cert, key }: Parameters,
): { is: "tls"; tls: Tls } | { is: "invalid"; message: string } {
  const named =
    asked === undefined ? undefined : SSL_MODES.get(asked.replace(/[-_]/g, "").toLowerCase());
  if (asked !== undefined && named === undefined)
    return invalid(
      "sslmode: must be verify-full, verify-ca, require or disable; prefer would fall back to plain text",
    );
  if (ssl !== undefined && (named || !/^\{\s*"rejectUnauthorized"\s*:\s*true\s*\}$/.test(ssl)))
    return invalid("ssl: write sslmode=verify-full, verify-ca, require or disable instead");
  if ((cert === undefined) !== (key === undefined))
    return invalid("ssl-cert and ssl-key need each other");
  if (named === "DISABLED" && (ca ?? cert) !== undefined)
    return invalid("sslmode: disable does not go with ssl-ca, ssl-cert or ssl-key");
  const mode = modeOf(named, [ssl, ca, cert]);
  if (mode === "VERIFY_IDENTITY" && /^[\d.]+$|:/.test(host))
    return invalid("sslmode: verify-full needs a host name, not an address; or write verify-ca");
  return {
    is: "tls",
    tls: {
      mode,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    },
  };
}

/** If you name an authority or a certificate, the server's certificate is checked, as in MySQL's own clients. */
function modeOf(named: SslMode | undefined, others: readonly (string | undefined)[]): SslMode {
  if (named === "VERIFY_IDENTITY") return named;
  if (others.some((text) => text !== undefined)) return "VERIFY_CA";
  return named ?? "DISABLED";
}

/**
 * The option `ssl` of `mysql2` and of drizzle-kit; none without TLS.
 * @throws if a file cannot be read
 */
export function sslOf({ mode, ca, cert, key }: Tls) {
  if (mode === "DISABLED") return {};
  const read = (name: string, path: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new Error(`DATABASE_URL: the file of ${name} cannot be read; correct its path`, {
        cause,
      });
    }
  };
  return {
    ssl: {
      rejectUnauthorized: mode !== "REQUIRED",
      verifyIdentity: mode === "VERIFY_IDENTITY",
      ...(ca !== undefined && { ca: read("ssl-ca", ca) }),
      ...(cert !== undefined && { cert: read("ssl-cert", cert) }),
      ...(key !== undefined && { key: read("ssl-key", key) }),
    },
  };
}

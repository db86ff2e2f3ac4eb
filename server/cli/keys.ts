/** The commands about keys. They never print one that is in use. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { loadKeySettings } from "../environment.ts";
import { type Algorithm, type KeyRing, openKeys } from "../tokens/keys.ts";
import { findSecrets } from "../tokens/secret.ts";
import { type LooseCommand, Misused, oneOf, Refused, settingsOf } from "./command.ts";
import { done, list } from "./result.ts";
import { printTable } from "./table.ts";

const ALGORITHMS = ["ES256", "RS256", "EdDSA"] as const satisfies readonly Algorithm[];

const listKeys: LooseCommand["runAlone"] = async () => {
  const settings = settingsOf(loadKeySettings());
  const found = findSecrets(settings);
  if (!found) throw new Refused("there are no keys yet: the first start of the service makes one");
  const files = settings.signingKeyFiles;
  const opened = await openKeys(found.secrets, files);
  const identity = await opened.identity();
  const sourceOf = new Map([...opened.verifying.keys()].map((kid, i) => [kid, files[i]]));
  const rows = (ring: KeyRing, tokens: string) =>
    [...ring.verifying.values()].map(({ algorithm, jwk }, i) => ({
      kid: jwk.kid,
      algorithm,
      tokens,
      use: i === 0 ? "signs" : "verifies",
      source: sourceOf.get(jwk.kid) ?? found.source,
    }));
  const keys = [...rows(opened, "access tokens"), ...rows(identity, "ID tokens")];
  return list([keys], (key) => key, printKeys);
};

const COLUMNS = ["kid", "algorithm", "tokens", "use", "source"] as const;

const printKeys = (keys: readonly Record<(typeof COLUMNS)[number], string>[]) =>
  printTable(
    COLUMNS,
    keys.map((key) => COLUMNS.map((column) => key[column])),
  );

const make: LooseCommand["runAlone"] = async (file, { algorithm }) => {
  if (file === "") {
    if (algorithm !== undefined) throw new Misused("keys new: --algorithm needs a FILE");
    const secretKey = randomBytes(32).toString("base64url");
    return done({ secretKey }, secretKey);
  }
  const wanted = oneOf("--algorithm", algorithm ?? "ES256", ALGORITHMS);
  if (existsSync(file)) throw new Refused(`${file} exists; name a new file`);
  writeFileSync(file, pemOf(wanted), { mode: 0o600, flag: "wx" });
  return done(
    { file, algorithm: wanted },
    `wrote a private key for ${wanted} to ${file}: name it in SIGNING_KEY_FILES`,
  );
};

/** A new private key. */
function pemOf(algorithm: Algorithm): string | Buffer {
  const { privateKey } = {
    ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
    RS256: () => generateKeyPairSync("rsa", { modulusLength: 3072 }),
    EdDSA: () => generateKeyPairSync("ed25519"),
  }[algorithm]();
  return privateKey.export({ type: "pkcs8", format: "pem" });
}

export const KEY_COMMANDS: readonly LooseCommand[] = [
  {
    name: "keys list",
    usage: "keys list",
    help: "Lists the keys of access tokens and of ID tokens; the first of each signs: kid, algorithm, tokens, use, source.",
    takesArgument: false,
    runAlone: listKeys,
  },
  {
    name: "keys new",
    usage: "keys new [FILE] [--algorithm NAME]",
    help: `Without FILE: prints a new value for SECRET_KEY. With it: writes a new private key for SIGNING_KEY_FILES, which
only its owner can read. Algorithms: ${ALGORITHMS.join(", ")}; the first is the default. It changes no setting.`,
    takesArgument: "if given",
    options: ["algorithm"],
    runAlone: make,
  },
];

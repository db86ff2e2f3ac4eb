import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder } from "../../testing/process.ts";
import { openKeys } from "./keys.ts";

const SECRET = "a secret of this test and long enough 0123456789";

const pem = (privateKey: KeyObject) => {
  const file = join(emptyFolder(), "key.pem");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return file;
};

test.each([
  ["a missing file", "/nowhere/key.pem", /ENOENT/],
  [
    "a file that does not contain a key",
    "package.json",
    /SIGNING_KEY_FILES: could not read a signing key from package\.json/,
  ],
  [
    "an RSA key that is too short",
    pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey),
    /at least 2048 bits/,
  ],
  [
    "a key on an unsupported curve",
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey),
    /must be RSA with at least 2048 bits, P-256 or Ed25519/,
  ],
])("SIGNING_KEY_FILES with %s is rejected", async (_, file, why) => {
  await expect(openKeys([SECRET], [file])).rejects.toThrow(why);
});

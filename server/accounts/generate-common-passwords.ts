/**
 * `npm run passwords:generate`: writes the list of common passwords that the service loads. Its source is a development
 * dependency, so that anyone can make the list again.
 */
import { writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import passwords from "@zxcvbn-ts/language-common/src/passwords.json" with { type: "json" };

// No password may be shorter than that. Sorted texts take the least room.
const list = passwords.filter((password) => password.length >= 8).sort();
writeFileSync("server/accounts/common-passwords.br", brotliCompressSync(list.join("\n")));

/** The types of the client are generated from the server. To update them, run `npm run generate`. */
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { printProtocol } from "../testing/protocol.ts";

test("client/protocol.ts", async () => {
  const text = printProtocol(resolve("."));
  const formatted = execFileSync(
    "npx",
    ["biome", "format", "--stdin-file-path=client/protocol.ts"],
    {
      input: text,
      encoding: "utf8",
    },
  );
  await expect(formatted).toMatchFileSnapshot("protocol.ts");
}, 60_000);

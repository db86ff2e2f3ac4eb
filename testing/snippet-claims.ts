/** Which test runs the snippets of which page. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sources = ["server", "db", "client", "testing"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(folder, name), "utf8") })),
);

/**
 * The files that open a page (`openPage("docs/x.md")`), write it from the code (`toMatchFileSnapshot("…/docs/x.md")`) or name it
 * as their `PAGE`.
 */
export const ownTestsOf = (page: string): readonly string[] =>
  sources
    .filter(({ text }) => {
      const claims = text.matchAll(
        /(?:openPage\(|toMatchFileSnapshot\(|const PAGE =)\s*"(?:\.\.\/)*([^"]+)"/g,
      );
      return [...claims].some(([, path]) => path === page);
    })
    .map(({ name }) => name);

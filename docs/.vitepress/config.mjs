/**
 * The site that is built from these pages: `npm run docs`, into `.vitepress/dist`. It has its own search and asks no other
 * host for anything.
 */
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";

/** Where the files of the repository can be read, such as `https://git.example.com/tegata/blob/main`. */
const source = process.env.DOCS_SOURCE;

const page = (name, text) => ({ text, link: `/${name}` });

/** The decisions, by the first line of each file. */
const decisions = readdirSync("decisions").map((file) => {
  const [title = ""] = readFileSync(`decisions/${file}`, "utf8").split("\n");
  return page(`decisions/${file.replace(".md", "")}`, title.replace("# ", ""));
});

/** Pages that link to files outside this folder: without DOCS_SOURCE, the name of the file remains. */
function linkSources(md) {
  const isSource = (href) => href?.startsWith("../") || href?.startsWith("/source/");
  md.core.ruler.push("sources", ({ tokens, env }) => {
    const folder = env.relativePath?.includes("/") ? "docs/decisions/" : "docs/";
    for (const { children } of tokens) {
      let outside = false;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const path = new URL(token.attrGet("href") ?? "", `file:///${folder}`).pathname;
          outside = isSource(token.attrGet("href")) && !path.startsWith("/docs/");
          if (outside && source) token.attrSet("href", source + path);
        }
        if (outside && !source && token.type.startsWith("link_")) {
          token.type = "text";
          token.content = "";
        }
      }
    }
  });
}

export default defineConfig({
  title: "Tegata",
  description: "A self-hosted login service for TypeScript teams: tRPC inside, OAuth 2 outside.",
  lang: "en",
  cleanUrls: false,
  // Without: a page would load its chunks by the hashes of all pages.
  metaChunk: true,
  markdown: { config: linkSources, languageAlias: { caddyfile: "nginx", haproxy: "nginx", dotenv: "ini" } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [page("quickstart", "Quickstart"), page("faq", "FAQ"), page("security", "Security")],
    sidebar: [
      {
        text: "Begin",
        items: [
          page("index", "What Tegata is"),
          page("quickstart", "Quickstart"),
          page("concepts", "Concepts"),
          page("faq", "Questions"),
        ],
      },
      {
        text: "Build",
        items: [
          page("embedding", "Inside your Express application"),
          page("packages", "The packages"),
          page("verify", "Verify tokens in your service"),
          page("endpoints", "Endpoints"),
          page("trpc", "Procedures"),
          page("own-procedure", "Procedures of your own"),
        ],
      },
      {
        text: "Run",
        items: [
          page("deploy", "Deploy"),
          page("settings", "Settings"),
          page("cli", "The command line"),
          page("proxies", "Reverse proxies"),
          page("operations", "Operate"),
          page("backup", "Back up and restore"),
          page("scaling", "Several machines"),
          page("moving-in", "Moving in"),
        ],
      },
      {
        text: "Look up",
        items: [
          page("security", "Security"),
          page("standards", "Standards"),
          page("benchmarks", "Benchmarks"),
        ],
      },
      { text: "Decisions", collapsed: true, items: decisions },
    ],
  },
});

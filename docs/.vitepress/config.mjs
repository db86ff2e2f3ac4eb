/**
 * The site of these pages: `npm run docs` builds it into `.vitepress/dist`. It has its own search, and asks no other host for
 * anything.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";

/** Where the files of the repository can be read, such as `https://git.example.com/tegata/blob/main`. */
const source = process.env.DOCS_SOURCE;

const page = (name, text) => ({ name, text, link: name === "index" ? "/" : `/${name}` });
/** A part of the sidebar. A page that is not written yet is left out. */
const part = (text, pages) => ({
  text,
  items: pages.filter(({ name }) => existsSync(`${name}.md`)),
});

/** The decisions, by the first line of each file. */
const decisions = readdirSync("decisions").map((file) => {
  const [title = ""] = readFileSync(`decisions/${file}`, "utf8").split("\n");
  return page(`decisions/${file.replace(".md", "")}`, title.replace(/^# /, "").replaceAll("`", ""));
});

/** A link to a file outside this folder leads to DOCS_SOURCE. Without DOCS_SOURCE, only its text remains. */
function linkSources(md) {
  md.core.ruler.push("sources", ({ tokens, env }) => {
    for (const token of tokens)
      token.children = token.children?.filter((child) => keepLink(child, env.relativePath)) ?? null;
  });
  let isDropped = false;
  function keepLink(token, from) {
    if (token.type === "link_close") return !isDropped;
    if (token.type !== "link_open") return true;
    const { protocol, pathname } = new URL(token.attrGet("href"), `file:///docs/${from}`);
    const isOutside = protocol === "file:" && !pathname.startsWith("/docs/");
    if (isOutside && source) token.attrSet("href", source + pathname);
    isDropped = isOutside && !source;
    return !isDropped;
  }
}

export default defineConfig({
  title: "Tegata",
  description:
    "A self-hosted login service for TypeScript teams: tRPC inside, OAuth 2 and OpenID Connect outside.",
  lang: "en",
  // There is no icon: a browser would ask for /favicon.ico.
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: {
    config: linkSources,
    languageAlias: { caddyfile: "nginx", haproxy: "nginx", dotenv: "ini" },
  },
  buildEnd: ({ outDir }) => copyFileSync("grafana.json", join(outDir, "grafana.json")),
  // It is a file beside the pages, which is copied above.
  ignoreDeadLinks: [/grafana/],
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [page("quickstart", "Quickstart"), page("faq", "Questions"), page("security", "Security")],
    sidebar: [
      part("Begin", [
        page("index", "What Tegata is"),
        page("quickstart", "Quickstart"),
        page("concepts", "Concepts"),
        page("faq", "Questions"),
      ]),
      part("Build", [
        page("embedding", "In your own application"),
        page("packages", "The packages"),
        page("verify", "Verify tokens"),
        page("relying-parties", "Log in from other libraries"),
        page("endpoints", "Endpoints"),
        page("trpc", "Procedures"),
        page("own-procedure", "Your own procedures"),
      ]),
      part("Run", [
        page("deploy", "Deploy"),
        page("settings", "Settings"),
        page("cli", "The command line"),
        page("proxies", "Reverse proxies"),
        page("operations", "Operate"),
        page("backup", "Back up and restore"),
        page("scaling", "Several machines"),
        page("moving-in", "Import users"),
      ]),
      part("Judge", [
        page("security", "Security"),
        page("standards", "Standards"),
        page("benchmarks", "Benchmarks"),
      ]),
      { ...part("Decisions", decisions), collapsed: true },
    ],
  },
});

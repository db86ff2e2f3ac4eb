/** A page of another site that logs in by redirects with the typed client. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { build } from "vite";

/** What every page starts with. The functions are those that a script of a test may use. */
const START = (url: string) => `
  import { createTegata, memoryStore, webStore } from "/client.js";
  const create = (store = webStore(() => sessionStorage), more = {}) =>
    createTegata({ url: "${url}", clientId: "spa", store, ...more });
  const show = (text) =>
    document.body.append(Object.assign(document.createElement("p"), { textContent: text }));
  const fail = ({ name, reason, message }) => show([name, reason, message].join(": "));
  const start = async (tegata) => {
    if (!(await tegata.resume())) await tegata.loginWithRedirect();
    const { email } = await tegata.api.me.query();
    show("Hello, " + email);
  };
`;

/** Bundles the typed client for browsers. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, lib: { entry: "client/index.ts", formats: ["es"] } },
  });
  const [output] = [built].flat();
  const [chunk] = output && "output" in output ? output.output : [];
  if (chunk?.type !== "chunk") throw new Error("the bundle has no code");
  return chunk.code;
}

/** The site of an application: the same document at each of its paths. */
export class RedirectApp {
  /** The module of the document. */
  script = "start(create()).catch(fail);";
  readonly #server: Server;
  readonly #port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  /** Starts the site. @param tegataUrl of the service that it logs in with */
  static async start(port: number, tegataUrl: string): Promise<RedirectApp> {
    const client = await bundle();
    const server = createServer(({ url = "" }, res) => {
      if (url === "/client.js") res.setHeader("Content-Type", "text/javascript").end(client);
      else if (url === "/favicon.ico") res.writeHead(204).end();
      else
        res
          .setHeader("Content-Type", "text/html")
          .end(`<script type="module">${START(tegataUrl)}${app.script}</script>`);
    });
    const app = new RedirectApp(server, port);
    await once(server.listen(port, "127.0.0.1"), "listening");
    return app;
  }

  /** By this name it is another site than 127.0.0.1, at which the service is. */
  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

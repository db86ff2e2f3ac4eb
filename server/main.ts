/** The process: settings, listen, database, close on signals. With WORKERS, it starts several of these processes instead. */
import type { RequestListener } from "node:http";
import closeWithGrace from "close-with-grace";
import { loadSettings, onPort } from "./environment.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/edge/listen.ts";
import { openLog } from "./log.ts";
import { openLogOutput } from "./log-output.ts";
import { reasonsOf } from "./reasons.ts";
import { openTegata } from "./tegata.ts";
import { announce, isFollower, isWorker, onStop, startWorkers } from "./workers.ts";

const loaded = loadSettings();
if (loaded.is === "invalid") {
  console.error(`Tegata cannot start. Fix these settings:\n  ${loaded.problems.join("\n  ")}`);
  process.exit(1);
}
const { settings } = loaded;
// A disk that is full must not end the service: /readyz says that nothing can be written.
process.stdout.on("error", () => undefined);
const isOneOfSeveral = settings.workers > 1 && isWorker;
const start = settings.workers > 1 && !isWorker ? supervise : serve;
await start().catch((error: unknown) => {
  console.error(`Tegata cannot start: ${reasonsOf(error)}`);
  process.exit(1);
});

/** Opens the service, and listens. */
async function open() {
  if (isOneOfSeveral && isFollower) {
    const tegata = await openTegata(settings);
    return { tegata, server: await listen(createApp(tegata), settings) };
  }
  // It listens first: with PORT=0 the issuer is not known before. Nobody else would answer in the meantime.
  let answer: RequestListener = (_req, res) =>
    res.writeHead(503, { "Retry-After": "1", Connection: "close" }).end();
  const server = await listen((req, res) => answer(req, res), settings);
  const tegata = await openTegata(onPort(settings, server.port));
  answer = createApp(tegata);
  return { tegata, server };
}

/** Serves requests. */
async function serve(): Promise<void> {
  const { tegata, server } = await open();
  let isClosing = false;
  const { close } = closeWithGrace({ delay: 15_000, logger: false }, async ({ err }) => {
    isClosing = true;
    if (err) tegata.log.fatal({ err }, "unexpected error");
    await server.close();
    await tegata.close();
  });
  // A signal may reach it too, before or after.
  if (isOneOfSeveral) onStop(() => isClosing || close());

  const text = `Tegata is listening on ${server.url}
  page         ${server.url}/
  Swagger UI   ${server.url}/docs
  tokens       POST ${server.url}/token
  procedures   ${server.url}/trpc
  database     ${tegata.db.name}
  secret       ${tegata.secretSource}`;
  if (isOneOfSeveral) announce({ text, issuer: tegata.settings.issuer });
  else console.log(text);
}

/** Starts the processes that serve requests. */
async function supervise(): Promise<void> {
  const output = openLogOutput(undefined, true);
  const log = openLog(settings, output);
  const workers = await startWorkers(settings.workers, log);
  if (!workers) process.exit(1);
  // Each worker has 15 seconds.
  closeWithGrace({ delay: 18_000, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, "unexpected error");
    await workers.stop();
    await output.end();
  });
  console.log(workers.text);
}

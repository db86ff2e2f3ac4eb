/** The process: settings, listen, database, close on signals. With WORKERS, it starts several of these processes instead. */
import "./young-generation.ts";
import closeWithGrace from "close-with-grace";
import { SECOND_MS } from "./durations.ts";
import { loadSettings, onPort } from "./environment.ts";
import type { App } from "./http/app.ts";
import { listen } from "./http/edge/listen.ts";
import { listenForMetrics } from "./http/metrics.ts";
import { answerWhileStarting } from "./http/starting.ts";
import { openLog } from "./log.ts";
import { openLogOutput } from "./log-output.ts";
import { reasonsOf } from "./reasons.ts";
import { announce, isFollower, isWorker, onStop, startWorkers } from "./workers.ts";
import { letYoungGenerationGrow } from "./young-generation.ts";

/** How long the end may take, in milliseconds. Docker and others end a process 10 seconds after they have asked it to end. */
const END_MS = 9_500;

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
  // Not for the process that only starts others, nor for one whose settings are wrong.
  const load = () => Promise.all([import("./tegata.ts"), import("./http/app.ts")]);
  if (isOneOfSeveral && isFollower) {
    const [{ openTegata }, { createApp }] = await load();
    const tegata = await openTegata(settings);
    const { serve, direct } = createApp(tegata);
    return { tegata, server: await listen(serve, settings, direct) };
  }
  // It listens first: with PORT=0 the issuer is not known before. Nobody else would answer in the meantime.
  let app: Partial<App> = {};
  const server = await listen(
    (req, res) => (app.serve ?? answerWhileStarting)(req, res),
    settings,
    (req) => app.direct?.(req),
  );
  const [{ openTegata }, { createApp }] = await load();
  const tegata = await openTegata(onPort(settings, server.port));
  app = createApp(tegata);
  return { tegata, server };
}

/** Serves requests. */
async function serve(): Promise<void> {
  const { tegata, server } = await open();
  letYoungGenerationGrow();
  const metrics = isOneOfSeveral ? undefined : await listenForMetrics(tegata.metrics, settings);
  let isClosing = false;
  const { close } = closeWithGrace({ delay: END_MS, logger: false }, async ({ err }) => {
    isClosing = true;
    const endMs = performance.now() + END_MS;
    if (err) tegata.log.fatal({ err }, "unexpected error");
    await Promise.all([server.close(), metrics?.close()]);
    // What remains after the mails takes less than a second.
    await tegata.close(endMs - SECOND_MS);
  });
  // A signal may reach it too, before or after.
  if (isOneOfSeveral) onStop(() => isClosing || close());

  const text = `Tegata is listening on ${server.url}
  page         ${server.url}/
  Swagger UI   ${server.url}/docs
  tokens       POST ${server.url}/token
  procedures   ${server.url}/trpc
  database     ${tegata.db.name}
  mail         ${tegata.mail.name}
  secret       ${tegata.secretSource}${metrics ? `\n  metrics      ${metrics.url}/metrics` : ""}`;
  if (isOneOfSeveral) announce({ text, issuer: tegata.settings.issuer });
  else console.log(text);
}

/** Starts the processes that serve requests. */
async function supervise(): Promise<void> {
  const output = openLogOutput(undefined, true);
  const log = openLog(settings, output);
  const workers = await startWorkers(settings.workers, log);
  if (!workers) process.exit(1);
  // What counts loads only if somebody wants it.
  const sums =
    settings.metricsPort === undefined
      ? undefined
      : (await import("./metrics.ts")).metricsOfWorkers();
  const metrics = await listenForMetrics(sums, settings);
  // Each worker has 9.5 seconds.
  closeWithGrace({ delay: 9_800, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, "unexpected error");
    await Promise.all([workers.stop(), metrics?.close()]);
    await output.end();
  });
  console.log(workers.text + (metrics ? `\n  metrics      ${metrics.url}/metrics` : ""));
}

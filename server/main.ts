/** The process: settings, listen, database, close on signals. */
import type { RequestListener } from "node:http";
import closeWithGrace from "close-with-grace";
import { loadSettings, onPort } from "./environment.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./http/edge/listen.ts";
import { listenForMetrics } from "./http/metrics.ts";
import { answerWhileStarting } from "./http/starting.ts";
import { reasonsOf } from "./reasons.ts";
import { openTegata } from "./tegata.ts";

const loaded = loadSettings();
if (loaded.is === "invalid") {
  console.error(`Tegata cannot start. Fix these settings:\n  ${loaded.problems.join("\n  ")}`);
  process.exit(1);
}
const { settings } = loaded;
const { tegata, server, metrics } = await start().catch((error: unknown) => {
  console.error(`Tegata cannot start: ${reasonsOf(error)}`);
  process.exit(1);
});

// Docker and others end a process 10 seconds after they have told it to end.
closeWithGrace({ delay: 9_500, logger: false }, async ({ err }) => {
  if (err) tegata.log.fatal({ err }, "unexpected error");
  await Promise.all([server.close(), metrics?.close()]);
  await tegata.close();
});

// A disk that is full must not end the service: /readyz says that nothing can be written.
process.stdout.on("error", () => undefined);
console.log(`Tegata is listening on ${server.url}
  page         ${server.url}/
  Swagger UI   ${server.url}/docs
  tokens       POST ${server.url}/token
  procedures   ${server.url}/trpc
  database     ${tegata.db.name}
  mail         ${tegata.mail.name}
  secret       ${tegata.secretSource}${metrics ? `\n  metrics      ${metrics.url}/metrics` : ""}`);

async function start() {
  // It listens first: with PORT=0 the issuer is not known before.
  let serve: RequestListener = answerWhileStarting;
  const server = await listen((req, res) => serve(req, res), settings);
  const tegata = await openTegata(onPort(settings, server.port));
  serve = createApp(tegata);
  return { tegata, server, metrics: await listenForMetrics(tegata) };
}

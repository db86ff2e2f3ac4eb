/** The process: settings, database, listen, close on signals. */
import closeWithGrace from "close-with-grace";
import { createApp } from "./http/app.ts";
import { listen } from "./http/edge/listen.ts";
import { reasonsOf } from "./reasons.ts";
import { loadSettings } from "./settings.ts";
import { openTegata } from "./tegata.ts";

const loaded = loadSettings();
if (loaded.is === "invalid") {
  console.error(`Tegata cannot start. Fix these settings:\n  ${loaded.problems.join("\n  ")}`);
  process.exit(1);
}
const { settings } = loaded;
const { tegata, server } = await start().catch((error: unknown) => {
  console.error(`Tegata cannot start: ${reasonsOf(error)}`);
  process.exit(1);
});

closeWithGrace({ delay: 15_000, logger: false }, async ({ err }) => {
  if (err) tegata.log.fatal({ err }, "unexpected error");
  await server.close();
  await tegata.close();
});

console.log(`Tegata is listening on ${server.url}
  page         ${server.url}/
  Swagger UI   ${server.url}/docs
  tokens       POST ${server.url}/token
  procedures   ${server.url}/trpc
  database     ${tegata.db.name}
  secret       ${tegata.secretSource}`);

async function start() {
  const tegata = await openTegata(settings);
  return { tegata, server: await listen(createApp(tegata), settings) };
}

/** The metrics of several processes: one page has the sums of all of them. */
import { expect, test } from "vitest";
import { urlOf, useProcesses } from "../testing/process.ts";

const run = useProcesses();

test("with WORKERS, the page of metrics counts the requests of every worker", async () => {
  const service = run({ PORT: "0", WORKERS: "2", METRICS_PORT: "0" });
  const url = await urlOf(service);
  const [, metrics = ""] = await service.until(/metrics +(\S+)$/m);
  // Each on a connection of its own, so that both workers get some.
  const ask = () => fetch(`${url}/healthz`, { headers: { connection: "close" } });
  await Promise.all(Array.from({ length: 40 }, ask));
  const counted = async () => {
    const text = await (await fetch(metrics)).text();
    const samples = text.matchAll(/^tegata_http_requests_total\{.*route="\/healthz".*\} (\d+)$/gm);
    return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  await expect.poll(counted).toBe(40);
  service.signal("SIGTERM");
  expect(await service.ended).toEqual({ code: 0, signal: null });
});

/** The files in deploy/ for systemd and Kubernetes: what only those could run is checked, the rest is run. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { loadSettings } from "../server/environment.ts";
import { SETTINGS } from "../server/settings.ts";
import { ENGINES } from "./engines.ts";
import { freePort } from "./ports.ts";
import { emptyFolder, urlOf, useProcesses } from "./process.ts";
import { SECRET_KEY } from "./service.ts";

const run = useProcesses();
const KEYS = Object.values(SETTINGS).map(({ key }) => key);
/** What the Dockerfile sets. */
const IMAGE = { NODE_ENV: "production", HOST: "0.0.0.0" };
const MAIN = resolve("dist/server/main.js");
/** The file of the checkout that a command of the image is linked to. */
const inImage = (command: string) => {
  const link = new RegExp(`^RUN ln -s /app/(\\S+) /usr/local/bin/${command}$`, "m");
  return resolve(readFileSync("Dockerfile", "utf8").match(link)?.[1] ?? expect.unreachable());
};

/** Expects that the service accepts these settings, and that it knows all of them. */
function expectSettings(env: Record<string, string>): void {
  expect(KEYS).toEqual(expect.arrayContaining(Object.keys(env)));
  expect(loadSettings(env)).toMatchObject({ is: "settings" });
}

describe("deploy/tegata.service", () => {
  const unit = readFileSync("deploy/tegata.service", "utf8");
  const directive = (key: string) => unit.match(new RegExp(`^${key}=(.*)$`, "m"))?.[1] ?? "";
  const [command = "", ...args] = directive("ExecStart").split(" ");
  const hasSystemd = existsSync("/usr/bin/systemd-analyze");
  if (!hasSystemd && process.env["CI"]) throw new Error("systemd is not installed.");

  test.runIf(hasSystemd)("is a unit that systemd accepts and finds well confined", () => {
    const file = join(emptyFolder(), "tegata.service");
    // systemd looks for the program.
    writeFileSync(file, unit.replace(command, resolve("bin/tegata.js")));
    const analyze = (...options: string[]) =>
      execFileSync("systemd-analyze", [...options, file], { encoding: "utf8", stdio: "pipe" });
    expect(analyze("verify", "--recursive-errors=no")).toBe("");
    // It fails if the exposure, from 0 (best) to 100, is higher.
    expect(analyze("security", "--offline=yes", "--threshold=20")).toContain("Overall exposure");
  });

  test("starts the service with the .env of its folder, and stops in time", async () => {
    const folder = emptyFolder();
    const port = await freePort();
    const env = { NODE_ENV: "production", SECRET_KEY, ISSUER: "https://login.example.com" };
    const lines = Object.entries({ ...env, TRUST_PROXY: "1", PORT: String(port) });
    writeFileSync(join(folder, ".env"), lines.map(([key, value]) => `${key}=${value}\n`).join(""));
    chmodSync(join(folder, ".env"), 0o600);
    expect(command.endsWith("/node_modules/.bin/tegata")).toBe(true);
    expect(directive("WorkingDirectory")).toBe(`/var/lib/${directive("StateDirectory")}`);
    // Empty, it is the default: production refuses that of the tests.
    const cost = { BCRYPT_COST: "" };
    const service = run(cost, { cwd: folder, command: resolve("bin/tegata.js"), args });
    await urlOf(service);
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status);
    await expect.poll(ready).toBe(200);
    expect(existsSync(join(folder, ".data/tegata.db"))).toBe(true);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });
});

describe("deploy/kubernetes", () => {
  interface Container {
    command?: string[];
    image: string;
    env?: { name: string; value: string }[];
    envFrom: { secretRef: { name: string } }[];
    ports?: { name: string; containerPort: number }[];
    readinessProbe?: { httpGet: { path: string; port: string } };
    livenessProbe?: { httpGet: { path: string; port: string } };
  }
  interface Resource {
    apiVersion: string;
    kind: string;
    metadata: { name: string };
    stringData: Record<string, string>;
    spec: {
      selector: Record<string, string>;
      ports: { name: string; targetPort: string }[];
      template: {
        metadata: { labels: Record<string, string> };
        spec: { containers: [Container] };
      };
    };
  }
  const resources = ["secret", "migrate", "tegata", "ingress"].flatMap((name) =>
    parseAllDocuments(readFileSync(`deploy/kubernetes/${name}.yaml`, "utf8")).map(
      (document) => document.toJS() as Resource,
    ),
  );
  const find = (kind: string) => resources.find((one) => one.kind === kind) ?? expect.unreachable();
  const [secret, job, deployment] = [find("Secret"), find("Job"), find("Deployment")];
  const containerOf = ({ spec }: Resource) => spec.template.spec.containers[0];
  const container = containerOf(deployment);

  test("has no field that Kubernetes does not know", () => {
    const folder = emptyFolder();
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    const text = resources.map(({ apiVersion, kind, ...rest }, index) => {
      const group = apiVersion === "v1" ? "core/v1" : apiVersion.replace(".k8s.io", "");
      const value = JSON.stringify({ apiVersion, kind, ...rest });
      return `import type { ${kind} as Kind${index} } from "kubernetes-types/${group}";
export const resource${index}: Kind${index} = ${value};\n`;
    });
    writeFileSync(join(folder, "resources.ts"), text.join(""));
    const options = "--ignoreConfig --noEmit --strict --module esnext --moduleResolution bundler";
    const check = () =>
      execFileSync(resolve("node_modules/.bin/tsc"), [...options.split(" "), "resources.ts"], {
        cwd: folder,
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(check()).toBe("");
  });

  test("fits together", () => {
    const { labels } = deployment.spec.template.metadata;
    expect(find("Service").spec.selector).toEqual(labels);
    for (const kind of ["Deployment", "PodDisruptionBudget"])
      expect(find(kind).spec.selector).toEqual({ matchLabels: labels });
    const ports = container.ports?.map(({ name }) => name);
    for (const port of [
      find("Service").spec.ports[0]?.targetPort,
      container.readinessProbe?.httpGet.port,
      container.livenessProbe?.httpGet.port,
    ])
      expect(ports).toContain(port);
    expect(JSON.stringify(find("Ingress").spec)).toContain(
      JSON.stringify({ name: find("Service").metadata.name, port: { name: "http" } }),
    );
    for (const one of [container, containerOf(job)]) {
      expect(one.envFrom).toEqual([{ secretRef: { name: secret.metadata.name } }]);
      expect(one.image).toBe(container.image);
    }
  });

  const env = {
    ...Object.fromEntries(container.env?.map(({ name, value }) => [name, value]) ?? []),
    ...secret.stringData,
    SECRET_KEY,
  };

  test("has settings that are sufficient for production", () => {
    expectSettings({ ...IMAGE, ...env });
  });

  test.runIf(ENGINES.length > 1)("starts an instance after the job, and not before", async () => {
    const [http, metrics] = [await freePort(), await freePort()];
    const database = { DATABASE_URL: (await ENGINES[1]?.emptyDatabase()) ?? "" };
    const here = { HOST: "127.0.0.1", PORT: String(http), METRICS_PORT: String(metrics) };
    const cwd = emptyFolder();
    const start = () => run({ ...IMAGE, ...env, ...database, ...here }, { cwd, args: [MAIN] });
    expect(await start().ended).toMatchObject({ code: 1 });

    const [program = "", ...args] = containerOf(job).command ?? [];
    const inJob = { ...IMAGE, ...secret.stringData, SECRET_KEY, ...database };
    const migration = run(inJob, { command: inImage(program), args });
    expect(await migration.ended, migration.printed()).toMatchObject({ code: 0 });

    const service = start();
    await urlOf(service);
    const probe = (path = "") =>
      fetch(`http://127.0.0.1:${http}${path}`).then(({ status }) => status);
    await expect.poll(() => probe(container.readinessProbe?.httpGet.path)).toBe(200);
    expect(await probe(container.livenessProbe?.httpGet.path)).toBe(200);
    // The file system is read-only.
    expect(readdirSync(cwd)).toEqual([]);
    service.signal("SIGTERM");
    expect(await service.ended).toEqual({ code: 0, signal: null });
  });
});

/**
 * The commands of docs/deploy.md. Those for root run on a copy of this machine. Those for Docker and Kubernetes run until they
 * need the server: by then, the programs have read the files and accepted the options.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadSettings } from "../server/environment.ts";
import { SETTINGS } from "../server/settings.ts";
import { expectExcerpt } from "./page-run.ts";
import { emptyFolder } from "./process.ts";
import { hasScratchRoot, runInScratchRoot } from "./scratch-root.ts";
import { openPage } from "./snippets.ts";

const page = openPage("docs/deploy.md");

/** Runs commands with bash, with no server of Docker or Kubernetes. */
function runIn(cwd: string, commands: string): { status: number | null; text: string } {
  const env = {
    PATH: process.env["PATH"],
    HOME: cwd,
    DOCKER_HOST: "tcp://127.0.0.1:1",
    KUBECONFIG: "/dev/null",
  };
  const args = ["-euc", `exec 2>&1\n${commands}`];
  const { status, stdout } = spawnSync("bash", args, { cwd, env, encoding: "utf8" });
  return { status, text: stdout };
}

/** Runs each command until it needs the server. */
function expectUntilServer(cwd: string, commands: string): void {
  for (const command of commands.trim().split("\n")) {
    const { status, text } = runIn(cwd, command);
    expect(text, command).toMatch(/connection refused|was refused|Cannot connect to the Docker/i);
    expect(status, command).not.toBe(0);
  }
}

/** Whether all of these programs are installed. @throws in CI if one is not */
function areInstalled(...programs: string[]): boolean {
  const absent = programs.filter((name) => runIn(emptyFolder(), `command -v ${name}`).status !== 0);
  if (absent.length > 0 && process.env["CI"]) throw new Error(`${absent} are not installed.`);
  return absent.length === 0;
}

const [writeComposeEnv, compose, writeEnv, systemd] = [1, 2, 3, 4].map(() => page.take("sh").text);

describe.runIf(areInstalled("docker-compose"))("Docker Compose", () => {
  interface Compose {
    services: Record<
      string,
      { environment: Record<string, string | null>; ports?: unknown; volumes?: string[] }
    >;
  }
  const folder = emptyFolder();
  const https = readFileSync("deploy/compose.https.yml", "utf8");
  let config: Compose;
  beforeAll(() => {
    mkdirSync(join(folder, "deploy"));
    copyFileSync("docker-compose.yml", join(folder, "docker-compose.yml"));
    // Debian has Compose 1.29, which does not know `!reset`.
    writeFileSync(join(folder, "deploy/compose.https.yml"), https.replace(/.*!reset.*\n/, ""));
    runIn(folder, writeComposeEnv ?? "");
    expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o600);
    config = parse(runIn(folder, "docker-compose config").text) as Compose;
  });

  test("gives the service settings that are sufficient behind Caddy", () => {
    const set = Object.entries(config.services["tegata"]?.environment ?? {});
    const env = {
      // What the Dockerfile sets.
      ...{ NODE_ENV: "production", HOST: "0.0.0.0" },
      ...(Object.fromEntries(set.filter(([, value]) => value !== null)) as Record<string, string>),
    };
    expect(env).toMatchObject({ ISSUER: "https://login.example.com", TRUST_PROXY: "1" });
    const keys = Object.values(SETTINGS).map(({ key }) => key);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(env)));
    expect(loadSettings(env)).toMatchObject({ is: "settings" });
  });

  test("publishes only the ports of Caddy, which reaches the service by its name", () => {
    expect(https).toContain("ports: !reset []");
    const { caddy, ...others } = config.services;
    expect(caddy?.ports).toEqual([80, 443].map((port) => ({ published: port, target: port })));
    expect(others["mysql"]).not.toHaveProperty("ports");
    const [, name = "", port] =
      readFileSync("deploy/Caddyfile", "utf8").match(/reverse_proxy (\w+):(\d+)/) ?? [];
    expect(others).toHaveProperty(name);
    expect(port).toBe("3000");
    const caddyfile = caddy?.volumes?.find((volume) => volume.includes("/Caddyfile:"));
    expect(caddyfile).toMatch(new RegExp(`^${folder}/deploy/Caddyfile:`));
  });

  test("starts the services that there are", () => {
    expectUntilServer(folder, (compose ?? "").replaceAll("docker compose", "docker-compose"));
    const [, service = "", command] = compose?.match(/exec (\S+) (\S+)/) ?? [];
    expect(config.services).toHaveProperty(service);
    expect(readFileSync("Dockerfile", "utf8")).toContain(`/usr/local/bin/${command}\n`);
  });
});

test.runIf(hasScratchRoot)("systemd: the service runs, and its doctor finds no problem", () => {
  const folder = emptyFolder();
  expect(runIn(folder, writeEnv ?? "")).toMatchObject({ status: 0 });
  expect(statSync(join(folder, ".env")).mode & 0o777).toBe(0o600);
  copyFileSync("deploy/tegata.service", join(folder, "tegata.service"));
  const { code, printed } = runInScratchRoot(folder, systemd ?? "", {
    // The package is not published.
    npm: "mkdir -p /opt/tegata/node_modules/.bin\nln -s /srv/bin/tegata.js /opt/tegata/node_modules/.bin/tegata\n",
    // systemd does not run: its own program enables the unit, and the service is started as the unit says.
    systemctl: `
/usr/bin/systemctl "$1" "\${!#}"
unit=/etc/systemd/system/\${!#}.service
value() { sed -n "s/^$1=//p" "$unit"; }
cd "$(value WorkingDirectory)"
sudo -u "$(value User)" $(value ExecStart) > /dev/null 2>&1 &
curl --silent --show-error --fail --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:3000/readyz
`,
  });
  expect(printed).toMatch(/^ok +database: /m);
  expect(printed).toMatch(/^ok +mode: production, as https:\/\/login\.example\.com$/m);
  expect(code, printed).toBe(0);
});

const proxy = page.take("nginx");
test("nginx: the excerpt is from the file", () => expectExcerpt(proxy));

const nginx = page.take("sh").text;
test.runIf(hasScratchRoot)("nginx: accepts the file where it is installed", () => {
  const folder = emptyFolder();
  copyFileSync("deploy/nginx.conf", join(folder, "nginx.conf"));
  const { code, printed } = runInScratchRoot(folder, nginx, {
    // As the first time, and as a renewal: it needs the port that nginx has.
    certbot: `
test "$1 $2 $3 $5 $7" = "certonly --standalone --domain --pre-hook --post-hook"
for _ in first renewal; do
  $6
  ! curl --silent http://127.0.0.1:80
  mkdir -p "/etc/letsencrypt/live/$4"
  openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$4" -keyout "/etc/letsencrypt/live/$4/privkey.pem" \\
    -out "/etc/letsencrypt/live/$4/fullchain.pem" 2> /dev/null
  $8
  curl --silent http://127.0.0.1:80 > /dev/null
done
`,
    // Without systemd, its own scripts start and stop it.
    systemctl: `
case "$1" in
  start) nginx ;;
  stop) if test -s /run/nginx.pid; then nginx -s quit; while test -e /run/nginx.pid; do sleep 0.1; done; fi ;;
  reload) nginx -s reload ;;
esac
`,
  });
  expect(printed).toContain("test is successful");
  expect(code, printed).toBe(0);
});

const kubernetes = page.take("sh").text;
test.runIf(areInstalled("docker", "kubectl"))(
  "Kubernetes: the programs accept the commands",
  () => {
    const folder = emptyFolder();
    cpSync("deploy/kubernetes", folder, { recursive: true });
    copyFileSync("Dockerfile", join(folder, "Dockerfile"));
    // Old versions of kubectl ask the server first.
    for (const [, file = ""] of kubernetes.matchAll(/--filename (\S+)/g))
      expect(existsSync(join(folder, file)), file).toBe(true);
    expectUntilServer(folder, kubernetes);
  },
);

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What package.json and package-lock.json say of a package; the lock file has this one under `""`. */
interface Package {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: true;
  readonly hasInstallScript?: true;
}
const read = (file: string) => readFileSync(file, "utf8");
const { engines, version } = JSON.parse(read("package.json")) as Package;
const { packages } = JSON.parse(read("package-lock.json")) as {
  packages: Record<string, Package>;
};
const installed = Object.entries(packages).filter(([path]) => path !== "");

/**
 * The first release of each line without CVE-2026-21710 (a header `__proto__` ends the process), CVE-2026-21713 (the time
 * of comparing an HMAC) and CVE-2026-21717 (keys of JSON that collide). Raise them with the documents that name them.
 */
const OLDEST = ["20.20.2", "22.22.2", "24.14.1"];

test("engines names the oldest Node.js releases that have the fixes this service relies on", () => {
  const [v20, v22, v24] = OLDEST;
  expect(engines?.node).toBe(`^${v20} || ^${v22} || >=${v24}`);
  expect(packages[""]?.engines).toEqual(engines);
  expect(OLDEST).toContain(read(".nvmrc").trim());
  for (const document of ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
    for (const version of OLDEST) expect(read(document), document).toContain(version);
});

test("tegata and tegata-client have the same version", () => {
  expect(JSON.parse(read("client/package.json"))).toMatchObject({ version });
  expect(packages[""]).toMatchObject({ version });
});

test("tegata-client brings only jose; tRPC is for those who use it", () => {
  const client = JSON.parse(read("client/package.json")) as Record<string, object>;
  expect(Object.keys(client["dependencies"] ?? {})).toEqual(["jose"]);
  expect(Object.keys(client["peerDependenciesMeta"] ?? {})).toEqual(
    Object.keys(client["peerDependencies"] ?? {}),
  );
});

test("every package in the lock file has its hash, and none names a registry", () => {
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test("no package of the production installation has an install script", () => {
  const scripted = installed.filter(([, one]) => one.hasInstallScript && !one.dev);
  expect(scripted).toEqual([]);
});

test("docker-compose.yml has no default for a secret", () => {
  const secrets = read("docker-compose.yml").match(/^ +\w*(PASSWORD|SECRET)\w*: .*$/gm) ?? [];
  expect(secrets.length).toBeGreaterThan(2);
  // `:?` stops the start if the variable is not set. The list of settings that are passed on has no values.
  expect(secrets.filter((line) => !/"\$\{\w+:\?|RANDOM_ROOT_PASSWORD: "yes"/.test(line))).toEqual(
    [],
  );
});

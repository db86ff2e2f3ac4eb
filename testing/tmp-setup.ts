import { startMariadb } from "./mariadb.ts";
export default async function setup(project: {
  provide: (k: "mariadb", v: string | undefined) => void;
}) {
  const m = await startMariadb();
  project.provide("mariadb", m?.url);
  return async () => m?.stop();
}

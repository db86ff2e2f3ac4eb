import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { attack } from "../../testing/hostile/attack.ts";
import { useService } from "../../testing/service.ts";

const SEED = process.env["HOSTILE_SEED"];

describe.each(ENGINES.slice(0, Number(process.env["ENG"] ?? 2)))(
  "hostile requests on $name",
  (engine) => {
    const service = useService(engine);

    test(`x`, { timeout: 600_000 }, async () => {
      const groups = Number(process.env["HGROUPS"] ?? 1000);
      const t = Date.now();
      const u = process.cpuUsage();
      const { requests, statuses, growth } = await attack(service, {
        groups,
        seed: SEED === undefined ? undefined : Number(SEED),
      });
      const { user, system } = process.cpuUsage(u);
      console.log(
        JSON.stringify({
          user,
          system,
          ms: Date.now() - t,
          requests,
          growth,
          statuses: [...statuses].sort((a, b) => a[0] - b[0]),
        }),
      );
      expect(requests).toBeGreaterThan(0);
    });
  },
);

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networkOf } from "./network.ts";

describe("the network of an address (security L12)", () => {
  test.each([
    ["203.0.113.9", "203.0.113.9"],
    ["203.0.113.9:4711", "203.0.113.9"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::ffff:102:304", "1.2.3.4"],
    ["::FFFF:0102:0304", "1.2.3.4"],
    ["0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"],
    ["[::ffff:1.2.3.4]:4711", "1.2.3.4"],
    ["::ffff:0:1.2.3.4", "1.2.3.4"],
    ["64:ff9b::1.2.3.4", "1.2.3.4"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::ffff", "2001:db8:1:2::/64"],
    ["[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["127.0.0.1", "127.0.0.1"],
    ["", "unknown"],
    ["unknown", "unknown"],
    ["_hidden", "unknown"],
    ["256.1.1.1", "unknown"],
    ["1.2.3", "unknown"],
    ["::ffff:1.2.3", "unknown"],
    ["x".repeat(10_000), "unknown"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test("is the same for every address of a /64, and another one for every other /64", () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 0xffff }), (address, group) => {
        const network = networkOf(address);
        if (!network.endsWith("::/64")) return;
        const head = network.slice(0, -"::/64".length);
        expect(networkOf(`${head}:a:b:c:${group.toString(16)}`)).toBe(network);
        const [first = "", ...others] = head.split(":");
        const other = ((Number.parseInt(first, 16) + 1) % 0x10000).toString(16);
        expect(networkOf(`${[other, ...others].join(":")}:a:b:c:d`)).not.toBe(network);
      }),
    );
  });

  test("is the IPv4 address in every form of it", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        for (const form of [address, `::ffff:${address}`, `::ffff:${hex}`, `64:ff9b::${hex}`])
          expect(networkOf(form)).toBe(address);
      }),
    );
  });
});

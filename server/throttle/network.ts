/** From the address of a caller to the network that counts as one caller. */
import { isIPv4, isIPv6 } from "node:net";

/** The groups before an IPv4 address that is written or translated as IPv6 (RFC 4291 section 2.5.5, RFC 6052, RFC 7915). */
const IPV4_PREFIXES: readonly string[] = ["0:0:0:0:0:ffff", "0:0:0:0:ffff:0", "64:ff9b:0:0:0:0"];

/**
 * The network of an address: an IPv4 address itself, in whatever form it is written, and of an IPv6 address the first
 * 64 bits, which one customer has for themselves. Everything that is not an address is one network.
 * @param address may have a port or a zone, which some proxies add
 */
export function networkOf(address: string): string {
  const bare = address
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/, "");
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return "unknown";
  const groups = groupsOf(bare);
  if (!IPV4_PREFIXES.includes(groups.slice(0, 6).join(":")))
    return `${groups.slice(0, 4).join(":")}::/64`;
  return groups
    .slice(6)
    .flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    })
    .join(".");
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  // `URL` writes every form, also one that ends like an IPv4 address, in the same way.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const split = (text: string) => (text === "" ? [] : text.split(":"));
  if (tail === undefined) return split(head);
  const [first, last] = [split(head), split(tail)];
  return [...first, ...Array<string>(8 - first.length - last.length).fill("0"), ...last];
}

/** Which hosts are this machine. */

/** Whether a host is a loopback address. An IPv6 address can be in brackets, as in a URL. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

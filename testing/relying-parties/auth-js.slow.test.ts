import { useIssuer } from "./issuer.ts";
import type { Navigator } from "./navigator.ts";
import { withPackage } from "./packages.ts";
import { testRelyingParty } from "./relying-party.ts";

const issuer = useIssuer();

/** Presses the button of the page at which the libraries ask with what to log in: a form with a token against CSRF. */
const pressButton = (basePath: string) => async (navigator: Navigator, url: string) => {
  const { text } = await navigator.open(`${url}${basePath}/csrf`);
  const { csrfToken } = JSON.parse(text) as { csrfToken: string };
  return navigator.open(`${url}${basePath}/signin/tegata`, { csrfToken, callbackUrl: url });
};

const ASKS = ["GET /.well-known/openid-configuration", "POST /token authorization_code"];

testRelyingParty(issuer, {
  name: "auth-js",
  redirectPath: "/auth/callback/tegata",
  logIn: pressButton("/auth"),
  asks: ASKS,
  // It never reads the keys: the ID token comes from the token endpoint.
  unnoticed: ["another key"],
});

testRelyingParty(issuer, {
  name: "next-auth",
  program: withPackage("4.24.15"),
  redirectPath: "/api/auth/callback/tegata",
  logIn: pressButton("/api/auth"),
  asks: [...ASKS, "GET /.well-known/jwks.json"],
  unnoticed: [],
});

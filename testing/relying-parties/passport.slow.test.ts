import { useIssuer } from "./issuer.ts";
import { testRelyingParty } from "./relying-party.ts";

const issuer = useIssuer();

testRelyingParty(issuer, {
  name: "passport-openidconnect",
  redirectPath: "/callback",
  asks: ["POST /token authorization_code", "GET /userinfo"],
  // It takes the ID token from the token endpoint without a look at the signature, and never reads the keys.
  unnoticed: ["another key", "no signature"],
});

testRelyingParty(issuer, {
  name: "passport-oauth2",
  redirectPath: "/callback",
  asks: ["POST /token authorization_code", "GET /userinfo"],
  // It does not read ID tokens.
  unnoticed: [
    "another nonce",
    "another aud",
    "another iss",
    "a past exp",
    "another key",
    "no signature",
  ],
});

import { FAULTS, useIssuer } from "./issuer.ts";
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
  // It reads no ID token, and so has nothing to compare the response of the userinfo endpoint with.
  unnoticed: FAULTS,
});

import { FAULTS, useIssuer } from "./issuer.ts";
import { testRelyingParty } from "./relying-party.ts";

const issuer = useIssuer();

testRelyingParty(issuer, {
  name: "passport-openidconnect",
  redirectPath: "/callback",
  asks: ["POST /token authorization_code", "GET /userinfo"],
  // It never reads the keys: the ID token comes from the token endpoint. It adds the userinfo to the claims unseen.
  unnoticed: ["another key", "no signature", "the userinfo of another"],
});

testRelyingParty(issuer, {
  name: "passport-oauth2",
  redirectPath: "/callback",
  asks: ["POST /token authorization_code", "GET /userinfo"],
  // It reads no ID token, and so has nothing to compare the response of the userinfo endpoint with.
  unnoticed: FAULTS,
});

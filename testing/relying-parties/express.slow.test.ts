import { useIssuer } from "./issuer.ts";
import { withPackage } from "./packages.ts";
import { testRelyingParty } from "./relying-party.ts";

const issuer = useIssuer();

testRelyingParty(issuer, {
  name: "express-openid-connect",
  program: withPackage("3.4.0"),
  redirectPath: "/callback",
  asks: [
    "GET /.well-known/openid-configuration",
    "POST /token authorization_code",
    "GET /userinfo",
  ],
  refreshPath: "/refresh",
  logoutPath: () => "/logout",
  // It never reads the keys: the ID token comes from the token endpoint.
  unnoticed: ["another key"],
});

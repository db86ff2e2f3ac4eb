/** Logs in with express-openid-connect. */
import express from "express";
import { auth } from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, PORT = "8080" } = process.env;

const app = express();
// Every route needs a login. It adds /callback and /logout.
app.use(
  auth({
    issuerBaseURL: ISSUER,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    baseURL: `http://localhost:${PORT}`,
    secret: SESSION_SECRET,
    authorizationParams: { response_type: "code", scope: "openid profile email" },
    idpLogout: true,
  }),
);
app.get("/", async (req, res) => {
  res.json({ claims: req.oidc.idTokenClaims, userinfo: await req.oidc.fetchUserInfo() });
});
app.get("/refresh", async (req, res) => {
  await req.oidc.accessToken.refresh();
  res.redirect("/");
});
app.listen(Number(PORT), "127.0.0.1", () => console.log("Listening"));

/** Logs in with Auth.js (`@auth/express`). */
import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, PORT = "8080" } = process.env;

const config = {
  providers: [
    {
      id: "tegata",
      name: "Tegata",
      type: "oidc",
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      checks: ["pkce", "state", "nonce"],
    },
  ],
  secret: SESSION_SECRET,
  trustHost: true,
};

const app = express();
// Not "/auth/*": with Express 5 it would find no path.
app.use("/auth", ExpressAuth(config));
app.get("/", async (req, res) => {
  const session = await getSession(req, config);
  if (session) res.json(session.user);
  else res.redirect("/auth/signin");
});
app.listen(Number(PORT), "127.0.0.1", () => console.log("Listening"));

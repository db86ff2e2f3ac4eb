/** Logs in with next-auth 4. This is the handler of `pages/api/auth/[...nextauth].js`, which Express calls here as Next would. */
import express from "express";
import NextAuth from "next-auth";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, PORT = "8080" } = process.env;

process.env.NEXTAUTH_URL ??= `http://localhost:${PORT}`;

const options = {
  providers: [
    {
      id: "tegata",
      name: "Tegata",
      type: "oauth",
      wellKnown: `${ISSUER}/.well-known/openid-configuration`,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: "openid profile email" } },
      idToken: true,
      checks: ["pkce", "state", "nonce"],
      profile: ({ sub, name, email }) => ({ id: sub, name, email }),
    },
  ],
  secret: SESSION_SECRET,
};
const handler = NextAuth.default(options);

const app = express();
app.use(express.urlencoded());
app.use("/api/auth/*path", async (req, res) => {
  const query = { ...req.query, nextauth: req.params.path };
  const cookies = Object.fromEntries(
    new URLSearchParams(req.headers.cookie?.replaceAll("; ", "&")),
  );
  Object.defineProperties(req, { query: { value: query }, cookies: { value: cookies } });
  await handler(req, res);
});
app.get("/", (_req, res) => res.redirect("/api/auth/session"));
app.listen(Number(PORT), "127.0.0.1", () => console.log("Listening"));

/** Logs in with passport-oauth2, which does not support ID tokens: it asks the userinfo endpoint who has logged in. */
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-oauth2";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, PORT = "8080" } = process.env;

const strategy = new Strategy(
  {
    authorizationURL: `${ISSUER}/authorize`,
    tokenURL: `${ISSUER}/token`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    callbackURL: `http://localhost:${PORT}/callback`,
    scope: "openid profile email",
    state: true,
    pkce: true,
  },
  (_accessToken, _refreshToken, profile, done) => done(null, profile),
);
strategy.userProfile = (accessToken, done) => {
  strategy._oauth2.useAuthorizationHeaderforGET(true);
  strategy._oauth2.get(`${ISSUER}/userinfo`, accessToken, (error, body) => {
    done(error, error ? undefined : JSON.parse(body));
  });
};
passport.use("tegata", strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get("/login", passport.authenticate("tegata"));
app.get("/callback", passport.authenticate("tegata", { successRedirect: "/" }));
app.get("/", (req, res) => {
  if (req.isAuthenticated()) res.json(req.user);
  else res.redirect("/login");
});
app.listen(Number(PORT), "127.0.0.1", () => console.log("Listening"));

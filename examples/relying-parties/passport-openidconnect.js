/** Logs in with passport-openidconnect. */
import express from "express";
import session from "express-session";
import passport from "passport";
import { Strategy } from "passport-openidconnect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET, PORT = "8080" } = process.env;

passport.use(
  "tegata",
  new Strategy(
    {
      issuer: ISSUER,
      authorizationURL: `${ISSUER}/authorize`,
      tokenURL: `${ISSUER}/token`,
      userInfoURL: `${ISSUER}/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: `http://localhost:${PORT}/callback`,
      scope: "profile email",
      nonce: true,
      skipUserProfile: false,
    },
    (_issuer, profile, done) => done(null, profile),
  ),
);
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

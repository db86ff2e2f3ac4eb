/** Logs in with oidc-client-ts, in a page without a server of its own. */
import { UserManager } from "oidc-client-ts";

const users = new UserManager({
  authority: import.meta.env.VITE_ISSUER,
  client_id: "spa",
  redirect_uri: `${location.origin}/callback`,
  popup_redirect_uri: `${location.origin}/popup`,
  silent_redirect_uri: `${location.origin}/silent`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: "openid profile email",
  loadUserInfo: true,
});

const show = (text) => {
  document.querySelector("#who").textContent = text;
};
const showUser = (user) =>
  show(user ? `${user.profile.name} ${user.profile.email}` : "Nobody is logged in.");
const on = (button, act) => {
  document.querySelector(`#${button}`).onclick = () => act().catch(show);
};

// It compares a nonce only if it gets one.
on("log-in", () => users.signinRedirect({ nonce: crypto.randomUUID() }));
on("popup", () => users.signinPopup({ nonce: crypto.randomUUID() }).then(showUser));
on("refresh", () => users.signinSilent().then(showUser));
on("log-out", () => users.signoutRedirect());

async function start() {
  if (location.pathname === "/popup") return users.signinPopupCallback();
  if (location.pathname === "/silent") return users.signinSilentCallback();
  if (location.pathname === "/callback") {
    await users.signinRedirectCallback();
    history.replaceState(null, "", "/");
  }
  showUser(await users.getUser());
}
start().catch(show);

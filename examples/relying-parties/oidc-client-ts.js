/** Logs in with oidc-client-ts, in a page. */
import { UserManager, WebStorageStateStore } from "oidc-client-ts";

/** @param issuer the URL of Tegata */
export const openUserManager = (issuer) =>
  new UserManager({
    authority: issuer,
    client_id: "spa",
    redirect_uri: `${location.origin}/callback`,
    popup_redirect_uri: `${location.origin}/popup`,
    post_logout_redirect_uri: `${location.origin}/`,
    scope: "openid profile email",
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    loadUserInfo: true,
  });

/** The procedures about the apps that may use the account of the caller. */
import { z } from "zod";
import { listApps, removeApp } from "../../accounts/apps.ts";
import { describeScopes } from "../../tokens/scopes.ts";
import { inOwnApp, router } from "./base.ts";
import { App, AppId } from "./schemas.ts";

export const appsRouter = router({
  /** The apps that the caller has allowed, and those of the operator that have a session of the caller. */
  list: inOwnApp
    .meta({ rest: "GET /api/apps", summary: "List the apps that may use your account" })
    .output(z.array(App))
    .query(async ({ ctx: { tegata, user } }) => {
      const apps = await listApps(tegata, user.id);
      return apps.map((app) => ({ ...app, scopes: describeScopes(app.scopes, tegata.scopes) }));
    }),

  /** Removes an app: its sessions end at once, and it has to ask again. Returns whether it had a consent or a session. */
  remove: inOwnApp
    .meta({ rest: "DELETE /api/apps/{clientId}", summary: "Remove an app", as: "removed" })
    .input(AppId)
    .output(z.boolean().meta({ example: true }))
    .mutation(({ ctx: { tegata, user, requester }, input: { clientId } }) =>
      removeApp(tegata, { userId: user.id, clientId }, requester),
    ),
});

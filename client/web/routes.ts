/** The screens, by their paths. The server serves the page at each of these paths (`server/http/pages.ts`). */
import { createRouter, createWebHistory } from "vue-router";
import { BASE } from "./base.ts";
import { status } from "./page-session.ts";
import Account from "./screens/Account.vue";
import LogIn from "./screens/LogIn.vue";

/** Loaded when somebody opens it: the log-in page stays small. */
const Workbench = () => import("./screens/Workbench.vue");

/** Moves between the screens. */
export const router = createRouter({
  history: createWebHistory(new URL(BASE).pathname),
  routes: [
    { path: "/", component: Account, meta: { needs: "session" } },
    { path: "/login", component: LogIn },
    { path: "/workbench", component: Workbench },
    // Where the page of the first FastAPI system is.
    { path: "/static/index.html", component: Workbench },
  ],
});

router.beforeEach((to) => {
  if (to.meta["needs"] === "session" && status.value === "logged_out") return "/login";
  return true;
});

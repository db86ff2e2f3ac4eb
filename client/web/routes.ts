/** The screens, by their paths. The server serves the page at each of these paths (`server/http/pages.ts`). */
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalizedLoaded,
  type RouteLocationRaw,
} from "vue-router";
import { BASE } from "./base.ts";
import { texts } from "./i18n.ts";
import { status } from "./page-session.ts";
import LogIn from "./screens/LogIn.vue";

declare module "vue-router" {
  interface RouteMeta {
    /** The title of the document, and the heading of the screen. */
    title?: () => string;
    /** Whether the screen is a single card in the middle; the frame makes the card. */
    gate?: boolean;
    /** Who is not logged in is sent to the log-in page first. */
    needs?: "session";
  }
}

/** Loaded when somebody opens them: the log-in page stays small. */
const Account = () => import("./screens/Account.vue");
const Register = () => import("./screens/Register.vue");
const Workbench = () => import("./screens/Workbench.vue");

const workbench = { title: () => texts.workbench };

/** Moves between the screens. */
export const router = createRouter({
  history: createWebHistory(new URL(BASE).pathname),
  routes: [
    { path: "/", component: Account, meta: { title: () => texts.account, needs: "session" } },
    { path: "/login", component: LogIn, meta: { title: () => texts.logIn, gate: true } },
    {
      path: "/register",
      component: Register,
      meta: { title: () => texts.createAccount, gate: true },
    },
    { path: "/workbench", component: Workbench, meta: workbench },
    // Where the page of the first FastAPI system is.
    { path: "/static/index.html", component: Workbench, meta: workbench },
  ],
});

router.beforeEach(({ meta, fullPath }) => {
  if (meta.needs === "session" && status.value === "logged_out") return logInFor(fullPath);
  return true;
});

/** The log-in page, from which the user goes on to a path of ours. */
const logInFor = (path: string): RouteLocationRaw => ({
  path: "/login",
  query: path === "/" ? {} : { to: path },
});

/** Where the user goes from the log-in page: only to a screen of ours, whatever a link to the page says. */
export function destinationOf({ query }: RouteLocationNormalizedLoaded): string {
  const { to } = query;
  if (typeof to !== "string" || !to.startsWith("/")) return "/";
  const { matched, meta } = router.resolve(to);
  return matched.length > 0 && !meta.gate ? to : "/";
}

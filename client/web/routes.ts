/** The screens, by their paths. The server serves the page at each of these paths (`server/http/pages.ts`). */
import {
  createRouter,
  createWebHistory,
  type RouteComponent,
  type RouteLocationNormalizedLoaded,
  type RouteLocationRaw,
} from "vue-router";
import { BASE } from "./base.ts";
import { facts } from "./facts.ts";
import "./gate/link-token.ts";
import { texts } from "./i18n.ts";
import { resume, status } from "./page-session.ts";
import LogIn from "./screens/LogIn.vue";

declare module "vue-router" {
  interface RouteMeta {
    /** The title of the document, and the heading of the screen. */
    title?: () => string;
    /** Whether the screen is a single card in the middle; the frame makes the card. */
    gate?: boolean;
    /** Users who are not logged in are sent to the log-in page first. */
    needs?: "session";
  }
}

/** Loaded when somebody opens them: the log-in page stays small. */
const Authorize = () => import("./screens/Authorize.vue");
const Account = () => import("./screens/Account.vue");
const ChangeEmail = () => import("./screens/ChangeEmail.vue");
const Logout = () => import("./screens/Logout.vue");
const Forgot = () => import("./screens/Forgot.vue");
const Register = () => import("./screens/Register.vue");
const Reset = () => import("./screens/Reset.vue");
const TakeBack = () => import("./screens/TakeBack.vue");
const Verify = () => import("./screens/Verify.vue");
const Workbench = () => import("./screens/Workbench.vue");

/** A screen that is a single card. */
const gate = (path: string, component: RouteComponent, title: () => string) => ({
  path,
  component,
  meta: { title, gate: true },
});

/** What this service does not have. */
const CLOSED: Readonly<Record<string, boolean>> = {
  "/register": !facts.registration,
  "/forgot": !facts.mail,
};

/** Where applications send a browser: these screens need no tokens of ours. */
const FOR_APPS = ["/authorize", "/logout"];

const workbench = { title: () => texts.workbench };

/** Moves between the screens. */
export const router = createRouter({
  history: createWebHistory(new URL(BASE).pathname),
  routes: [
    { path: "/", component: Account, meta: { title: () => texts.account, needs: "session" } },
    gate("/login", LogIn, () => texts.logIn),
    gate("/authorize", Authorize, () => texts.logIn),
    gate("/logout", Logout, () => texts.logOut),
    gate("/register", Register, () => texts.createAccount),
    gate("/forgot", Forgot, () => texts.forgot),
    gate("/verify", Verify, () => texts.verify),
    gate("/reset", Reset, () => texts.reset),
    gate("/change-email", ChangeEmail, () => texts.changeEmail),
    gate("/take-back", TakeBack, () => texts.takeBack),
    { path: "/workbench", component: Workbench, meta: workbench },
    // The path of the first FastAPI system's page.
    { path: "/static/index.html", component: Workbench, meta: workbench },
  ],
});

router.beforeEach(async ({ meta, path, fullPath }) => {
  if (CLOSED[path]) return "/login";
  if (status.value === "logged_out" && !FOR_APPS.includes(path)) await resume();
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

/** The entry point of the page. */
import { createApp } from "vue";
import App from "./App.vue";
import { showBrand } from "./facts.ts";
import { router } from "./routes.ts";
import "./style.css";
import "./forms.css";

showBrand();
const app = createApp(App).use(router);
// Without the first screen there is no frame. If it cannot be loaded, the frame says so.
void router
  .isReady()
  .catch(() => undefined)
  .then(() => app.mount("#app"));

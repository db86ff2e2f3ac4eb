/** The entry point of the page. */
import { createApp } from "vue";
import App from "./App.vue";
import { language } from "./i18n.ts";
import { router } from "./routes.ts";
import "./style.css";
import "./forms.css";

document.documentElement.lang = language;
createApp(App).use(router).mount("#app");

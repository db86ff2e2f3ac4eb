/** The texts of the workbench, in the language of the page. */
import { computed } from "vue";
import { language } from "../i18n.ts";
import { en, type WorkbenchTexts } from "../texts/workbench.en.ts";
import { ja } from "../texts/workbench.ja.ts";

const LANGUAGES = { en, ja };

/** They are apart from those of the other screens, so that the log-in page does not load them. */
export const texts = computed<WorkbenchTexts>(() => LANGUAGES[language.value]);

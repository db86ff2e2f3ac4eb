/** The texts of the account page, in the language of the page. */
import { computed } from "vue";
import { language } from "../i18n.ts";
import { type AccountTexts, en } from "../texts/account.en.ts";
import { ja } from "../texts/account.ja.ts";

const LANGUAGES = { en, ja };

/** They are apart from those of the other screens, so that the log-in page does not load them. */
export const texts = computed<AccountTexts>(() => LANGUAGES[language.value]);

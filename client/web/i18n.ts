/** The language of the page, and everything that depends on it. */
import { computed, shallowReactive, shallowRef, watchEffect } from "vue";
import type { FieldError } from "../index.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

const LANGUAGES = { en, ja };

/** A language of the page. */
export type Language = keyof typeof LANGUAGES;

/** Where the choice of the user is remembered. */
const KEY = "tegata.language";

const chosen = shallowRef(remembered() ?? (/^ja\b/.test(navigator.language) ? "ja" : "en"));

/** The language of the page: what the user has chosen, or that of the browser if the page is available in it. */
export const language = computed(() => chosen.value);

/** Every text of the page, in that language. When the language changes, so does what is shown. */
export const texts: Texts = shallowReactive({ ...LANGUAGES[chosen.value] });

watchEffect(() => {
  document.documentElement.lang = language.value;
});

/** Changes the language, and remembers that if the browser stores anything. */
export function chooseLanguage(next: Language): void {
  chosen.value = next;
  Object.assign(texts, LANGUAGES[next]);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // The user has blocked site data: the choice lasts until the page is closed.
  }
}

function remembered(): Language | undefined {
  try {
    const name = localStorage.getItem(KEY);
    return name === "en" || name === "ja" ? name : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a field, in that language. */
export function fieldErrorText({ code, limit }: FieldError): string {
  // After an update of the server, a page that is still open may receive a code that it does not know.
  const text: (limit?: number) => string =
    texts.fieldErrors[code] ?? texts.fieldErrors.invalid_value;
  return text(limit);
}

const dateAndTime = computed(
  () => new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }),
);

/** A date and time in the format of that language. @param ms epoch milliseconds */
export const timeText = (ms: number): string => dateAndTime.value.format(ms);

const eventTexts = computed<ReadonlyMap<string, (detail: string, client: string) => string>>(
  () => new Map(Object.entries(texts.eventTypes)),
);

/** What happened, in that language. A server that is newer than the page may have an event that the page does not know. */
export const eventText = ({
  type,
  detail,
  clientId,
}: {
  type: string;
  detail: string | null;
  clientId: string | null;
}): string => eventTexts.value.get(type)?.(detail ?? "", clientId ?? "") ?? type;

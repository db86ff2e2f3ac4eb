/** The language of the page, and everything that depends on it. */
import { computed, shallowReactive, shallowRef, watchEffect } from "vue";
import type { FieldError, Reason } from "../index.ts";
import { en, type Texts } from "./texts/en.ts";
import { ja } from "./texts/ja.ts";

const LANGUAGES = { en, ja };

/** A language of the page. */
export type Language = keyof typeof LANGUAGES;

/** Where the choice of the user is remembered. */
const KEY = "tegata.language";

const chosen = shallowRef(
  named(askedLocales()) ?? remembered() ?? named([navigator.language]) ?? "en",
);

/**
 * The language of the page: what an application has asked for, what the user has chosen, or that of the browser, if the
 * page is available in it.
 */
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

/** The locales that an application prefers, the best one first (OpenID Connect Core section 3.1.2.1). */
function askedLocales(): string[] {
  return new URLSearchParams(window.location.search).get("ui_locales")?.split(" ") ?? [];
}

/** The first language of some locales (RFC 5646) in which the page is available. */
function named(locales: readonly string[]): Language | undefined {
  return locales.map((locale) => locale.toLowerCase().split("-")[0]).find(isLanguage);
}

function remembered(): Language | undefined {
  try {
    const name = localStorage.getItem(KEY) ?? undefined;
    return isLanguage(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

function isLanguage(name: string | undefined): name is Language {
  return name === "en" || name === "ja";
}

/** What is wrong with a field, in that language. */
export function fieldErrorText({ code, limit }: FieldError): string {
  // After an update of the server, a page that is still open may receive a code that it does not know.
  const text: (limit?: number) => string =
    texts.fieldErrors[code] ?? texts.fieldErrors.invalid_value;
  return text(limit);
}

/** Why a request failed, in that language. A server that is newer than the page may have a reason that it does not know. */
export const reasonText = (reason: Reason): string =>
  texts.reasons[reason] ?? texts.reasons.internal;

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
  clientName,
}: {
  type: string;
  detail: string | null;
  clientName: string | null;
}): string => eventTexts.value.get(type)?.(detail ?? "", clientName ?? "") ?? type;

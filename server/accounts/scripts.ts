/** Which scripts a username may mix. `раypal` with two Cyrillic letters looks like `paypal`. */

/**
 * Scripts that are written together. UTS 39 section 5.2, "Highly Restrictive": one script alone, or Latin with those of
 * Japanese, Chinese or Korean. The single scripts are those in everyday use (UAX 31 table 5).
 */
const TOGETHER = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
  ...[
    ...["Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian"],
    ...["Greek", "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam"],
    ...["Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan"],
  ].map((script) => [script]),
];

const classOf = (scripts: readonly string[]) =>
  scripts.map((script) => `\\p{Script_Extensions=${script}}`).join("");

/** Digits, punctuation, emojis and combining marks belong to every script. */
const EVERYWHERE = classOf(["Common", "Inherited"]);
const compile = () => [
  ...TOGETHER.map((scripts) => new RegExp(`^[${classOf(scripts)}${EVERYWHERE}]*$`, "u")),
  // Each of the rare scripts is allowed too, but not together with one of the others.
  new RegExp(`^[^${classOf(TOGETHER.flat())}]*$`, "u"),
];
let allowed: readonly RegExp[] | undefined;

/** Whether a text mixes scripts that nobody writes together. */
export function mixesScripts(text: string): boolean {
  // They are large, and needed only when someone sets a name.
  allowed ??= compile();
  return !allowed.some((scripts) => scripts.test(text));
}

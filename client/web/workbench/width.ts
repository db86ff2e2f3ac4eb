/** How much a panel shows before the user asks for more. */

/** On a phone, the code and the claims would fill the first screens. */
export const isWide = matchMedia("(min-width: 52rem)").matches;

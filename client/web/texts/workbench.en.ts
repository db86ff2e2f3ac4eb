/** The texts of the workbench in English. */
export const en = {
  about: "Try each request, and see the same request as curl and as TypeScript.",
  language: "Code",
  showTokens: "Show tokens",
  code: "Code",
  copy: "Copy",
  copyOf: (name: string) => `Copy: ${name}`,
  copied: "Copied",
  notCopied: "The browser does not allow copying here.",

  currentToken: "Current token",
  noToken: "None. Log in to get one.",
  expiresIn: (time: string) => `Expires in ${time}`,
  expired: "Expired. The next request will refresh it.",
  refreshNow: "Refresh now",
  refreshed: "You have a new token.",
  headerAndClaims: "Header and claims",
  header: "Header",
  claims: "Claims",
  name: "Name",
  value: "Value",

  me: "Me",
  getMe: "Get Me",
  items: "Items",
  getItems: "Get Items",
  noItems: "You have no items.",
  more: "More",
  title: "Title",
  addItem: "Add",
  added: (title: string) => `Added: ${title}`,
  remove: "Remove",
  removeItem: (title: string) => `Remove ${title}`,
  removed: (title: string) => `Removed: ${title}`,

  response: "Response",
  noResponse: "No response yet.",
  status: (status: number, milliseconds: number) => `Status ${status}, ${milliseconds} ms`,
};

/** What every language must provide. A missing text does not compile. */
export type WorkbenchTexts = typeof en;

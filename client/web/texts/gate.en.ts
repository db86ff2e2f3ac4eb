/** The texts of the frame, of the log-in page and of the pages that mails link to, in English. */
export const gate = {
  otherLanguage: "日本語",
  workbench: "Workbench",
  account: "Account",
  notLoaded: "This page could not be loaded",
  showField: (label: string) => `Show: ${label}`,

  noAccountYet: "No account yet?",
  createAccount: "Create an account",
  alreadyRegistered: "Already registered?",
  forgotPassword: "Forgot your password?",
  backToLogIn: "Back to log in",

  passwordRules: {
    length: (limit: number) => `At least ${limit} characters`,
    personal: "More than your email or name",
    note: "Common passwords and rows of keys are refused. A few unrelated words are easy to remember and hard to guess.",
  },
  met: "(met)",
};

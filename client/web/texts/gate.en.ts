/** The texts of the frame, of the log-in page and of the pages that mails link to, in English. */
export const gate = {
  otherLanguage: "日本語",
  workbench: "Workbench",
  account: "Account",
  notLoaded: "This page could not be loaded",
  showField: (label: string) => `Show: ${label}`,
  goOn: "Continue",
  toAccount: "Go to your account",

  stayLoggedIn: "Stay logged in on this device",
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

  forgot: "Forgot your password?",
  forgotLead: "We will send you a mail with a link to set a new one.",
  sendLink: "Send a link",
  resetSent: (email: string) =>
    `If there is an account with ${email}, we have sent a mail with a link to it. The link works for 30 minutes.`,
  mailMissing: "No mail? It can take a few minutes. Look in your spam folder, too.",
  sendAgain: "Send another link",
  sendNewLink: "Send a new link",

  reset: "Set a new password",
  resetLead: "You will be logged out on all other devices.",
  resetEmailHint: "The address that the link was sent to.",
  setPassword: "Set a new password",
  passwordReset: "Your password was changed. You can log in with it now.",

  verify: "Confirm email address",
  verifyLogInFirst:
    "Log in to the account that the link is for. Your email address is then confirmed.",
  logInAndVerify: "Log in and confirm",
  verifyLead: "One click, and we know that your mail reaches you.",
  verified: "Your email address is confirmed.",
  verificationSent: "We have sent a new link to your email address. It works for 24 hours.",

  changeEmail: "Change email address",
  changeEmailLead: "Your account will use the email address that this link was sent to.",
  changeEmailLogInFirst: "Log in to that account first.",
  useAddress: "Use this address",
  emailChanged: (email: string) => `Your email address is now ${email}.`,
  changeAgain: "Start the change again in your account.",

  takeBack: "Take the account back",
  takeBackLead:
    "The email address of your account was changed. If that was not you, take the account back: it gets this address again, all devices are logged out, and the password becomes invalid.",
  takenBack: (email: string) =>
    `Your email address is ${email} again, and all devices are logged out. Now set a new password.`,

  cookiesNeeded: "Please allow cookies for this site, and reload the page.",
  logInTo: (client: string) => `to continue to ${client}`,
  logInAgainTo: (client: string) => `again to continue to ${client}`,
  logInAsAnother: (client: string, email: string) =>
    `You are logged in as ${email}, but ${client} asks for another account. Log in with that one.`,
  chooseAccount: (client: string) => `Choose an account to continue to ${client}`,
  continueAs: (email: string) => `Continue as ${email}`,
  consent: (client: string) => `${client} asks for permission to:`,
  loggedInAs: (email: string) => `You are logged in as ${email}.`,
  sendsYouTo: (host: string) => `You will be sent to ${host}.`,
  allow: "Allow",
  deny: "Cancel",
  useAnother: "Use another account",
  leavingFor: (host: string) => `Going back to ${host} …`,
  scopes: {
    me: "Read your account",
    items: "Read and change your items",
    openid: "Recognize you when you log in",
    profile: "See your name and username",
    email: "See your email address",
  } as Readonly<Record<string, string>>,
  notProved: "This request to log in is not valid. Nothing was sent to the application.",
  tellDeveloper: (fault: string) =>
    `If you develop the application, this is what is wrong: ${fault}.`,
  faults: {
    malformed: "the query of the URL is malformed or too long",
    repeated_parameter: "client_id or redirect_uri is repeated",
    client_id_missing: "client_id is missing",
    client_unknown: "the client_id is unknown",
    redirect_uri_missing: "redirect_uri is missing",
    redirect_uri_unregistered:
      "the redirect_uri is not registered for this client: tegata clients redirect-uris adds it",
  },

  logOutAsked: (service: string) => `Do you want to log out of ${service}?`,
  logOutEnds: "The access of applications that you use from this browser ends, too.",
  thenSendsYouTo: (host: string) => `After that, you will be sent to ${host}.`,
  backTo: (host: string) => `Go back to ${host}`,
  logoutNotProved: "This request to log out is not valid. You will not be sent to the application.",
  logoutFaults: {
    malformed: "the query of the URL is malformed or too long",
    repeated_parameter: "a parameter is repeated",
    client_unknown: "the client does not exist",
    client_id_contradicted: "the id_token_hint was issued to another client than client_id",
    client_id_missing:
      "post_logout_redirect_uri needs a client_id, or an id_token_hint of this service",
    logout_uri_unregistered:
      "the post_logout_redirect_uri is not registered for this client: tegata clients update --logout-uris registers it",
  },
};

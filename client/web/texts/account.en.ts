/** The texts of the account page in English. */
export const en = {
  profile: "Profile",
  logInAsAnother: "Log in as another account",
  aboutProfile: "What this service knows about you.",
  notSet: "Not set",
  verified: "Confirmed",
  unverified: "Not confirmed",
  sendLink: "Send a confirmation link",
  linkSent: (email: string) => `We sent a link to ${email}. Open it to confirm the address.`,
  changeEmail: "Change email",
  aboutEmailChange: "We send a link to the new address. Your email changes when you open it.",
  newEmail: "New email",
  sendEmailLink: "Send the link",
  emailChangeSent: (email: string) =>
    `We sent a link to ${email}. Until you open it, your email stays as it is.`,

  aboutPassword: "A change logs you out on all other devices.",
  changePassword: "Change password",
  currentPassword: "Current password",
  passwordChanged: "Your password was changed. You are logged out on all other devices.",

  devices: "Devices",
  aboutDevices:
    "Where you are logged in. Log out what you do not recognize, and change your password.",
  thisDevice: "This device",
  unknownDevice: "Unknown device",
  lastUsed: (time: string) => `Last used ${time}`,
  logOutOf: (device: string) => `Log out ${device}`,
  logOutOthers: "Log out all other devices",
  loggedOutOf: (count: number) =>
    count === 1 ? "1 device was logged out." : `${count} devices were logged out.`,

  appsOf: (names: string) => `Apps: ${names}`,

  apps: "Apps",
  aboutApps: "Applications that may use your account. Remove what you do not use or recognize.",
  noApps: "No application uses your account.",
  allowedAt: (time: string) => `Allowed ${time}`,
  notAsked: "Belongs to this service",
  remove: "Remove",
  removeApp: (name: string) => `Remove ${name}`,
  appRemoved: (name: string) => `${name} was removed and is logged out.`,

  events: "Recent events",
  aboutEvents: "What happened to your account, from where and with which device.",
  noEvents: "Nothing has happened yet.",
  byOperator: "by an operator of this service",
  more: "More",

  data: "Your data",
  aboutData: "Your profile, devices, apps and items, and your latest 1,000 events, as a JSON file.",
  exportData: "Download your data",
  exported: "Your data was downloaded.",

  deletion: "Delete account",
  aboutDeletion: "This cannot be undone.",
  deleteAccount: "Delete account",
  consequences: [
    "Your profile, your password and your items are deleted.",
    "You are logged out on all devices.",
    "Events stay in the audit log of this service, with IP addresses and devices. They name the account by a number, not by your email.",
    "Nobody can restore the account. You may register again with the same email.",
  ],
  understood: "I understand that this cannot be undone.",
  deleteForGood: "Delete my account for good",
};

/** What every language must provide. A missing text does not compile. */
export type AccountTexts = typeof en;

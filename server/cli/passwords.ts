/** The password service, for commands that hash one. */
import { openPasswords, type Passwords } from "../accounts/passwords.ts";
import { loadPasswordSettings } from "../environment.ts";
import { settingsOf } from "./command.ts";

/** Opens the password service with the settings, and closes it after the work. @throws {Refused} if they are invalid */
export async function withPasswords<Result>(
  work: (passwords: Passwords) => Promise<Result>,
): Promise<Result> {
  const settings = settingsOf(loadPasswordSettings());
  const passwords = openPasswords(settings, { cost: 0, recipes: new Map() });
  return work(passwords).finally(() => passwords.close());
}

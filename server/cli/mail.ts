/** The command that tries whether mail can be sent. */
import { Email } from "../accounts/identity.ts";
import { loadSettings } from "../environment.ts";
import { writeMessage } from "../mail/message.ts";
import { openTransport } from "../mail/transport.ts";
import { reasonsOf } from "../reasons.ts";
import { dataFolder } from "../tokens/secret.ts";
import { type LooseCommand, Refused, settingsOf } from "./command.ts";
import { done } from "./result.ts";

const test: LooseCommand["runAlone"] = async (address) => {
  const email = Email.safeParse(address);
  if (!email.success) throw new Refused(`${address} is not an email address`);
  const settings = settingsOf(loadSettings());
  const transport = openTransport(settings, dataFolder(settings.databaseUrl));
  if (!transport) throw new Refused("MAIL_URL is not set, so no mail can be sent");
  const message = writeMessage({ kind: "test", to: email.data, language: "en" }, settings);
  try {
    await transport.deliver(message);
  } catch (error) {
    throw new Refused(`the mail was not accepted by ${transport.name}: ${reasonsOf(error)}`);
  }
  const [to, through] = [email.data, transport.name];
  return done({ to, through }, `sent a mail to ${to} through ${through}`);
};

export const MAIL_COMMAND: LooseCommand = {
  name: "mail test",
  usage: "mail test ADDRESS",
  help: "Sends a mail with the settings of the service, and says what the mail server answers.",
  takesArgument: true,
  runAlone: test,
};

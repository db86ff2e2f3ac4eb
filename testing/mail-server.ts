/** A real SMTP server, which can be slow, refuse and hang up. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail that has arrived. */
export interface Arrived extends ParsedMail {
  /** The envelope. */
  sender: string;
  receivers: string[];
  /** Whether it came over TLS. */
  secure: boolean;
  /** Who has logged in to send it. */
  user: string | undefined;
  source: string;
}

/** What happens to a mail: it is taken, refused with an SMTP code, or the connection ends. */
export type Fate = "take" | "drop" | number;

/** A running server. */
export interface MailServer {
  port: number;
  readonly mails: Arrived[];
  /** How many mails were sent in, whatever their fate. */
  readonly tries: () => number;
  /** The fates of the next mails; then all are taken. */
  readonly fates: Fate[];
  /** How many connections are open. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** The one user of a server that wants a password. */
export const MAIL_USER = { user: "mailer@example.com", password: "pass: word%/?#" };

/**
 * Starts a server.
 * @param certificates the folder with `server.pem`; without it, the server has no TLS
 */
export async function startMailServer(
  options: SMTPServerOptions & { certificates?: string } = {},
): Promise<MailServer> {
  const { certificates, ...more } = options;
  const mails: Arrived[] = [];
  const fates: Fate[] = [];
  let tries = 0;
  const pem = (name: string) => readFileSync(join(certificates ?? "", name));
  const server = new SMTPServer({
    ...(certificates !== undefined && { key: pem("server.key"), cert: pem("server.pem") }),
    disabledCommands: certificates === undefined ? ["STARTTLS", "AUTH"] : [],
    authOptional: true,
    onAuth({ username, password }, _, answer) {
      const isUser = username === MAIL_USER.user && password === MAIL_USER.password;
      if (isUser) return answer(null, { user: username });
      const refused = Object.assign(new Error("no such user"), { responseCode: 535 });
      return answer(refused);
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        tries += 1;
        const fate = fates.shift() ?? "take";
        if (typeof fate === "number")
          return answer(Object.assign(new Error("refused"), { responseCode: fate }));
        if (fate === "drop") {
          for (const connection of server.connections) connection.close();
          return;
        }
        const source = Buffer.concat(chunks).toString();
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          ...(await simpleParser(source)),
          sender: mailFrom ? mailFrom.address : "",
          receivers: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
          source,
        });
        return answer();
      });
    },
    ...more,
  });
  // A client that does not trust the certificate hangs up.
  server.on("error", () => undefined);
  const listening = server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => listening.once("listening", () => resolve()));
  const address = listening.address();
  if (typeof address !== "object" || !address) throw new Error("the mail server has no port");
  return {
    port: address.port,
    mails,
    fates,
    tries: () => tries,
    connections: () => server.connections.size,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

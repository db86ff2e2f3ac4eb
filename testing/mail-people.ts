/** What tests of the links in mails share: people with a proved address, and the results of procedures. */
import { expect } from "vitest";
import type { HttpResponse, Service } from "./service.ts";

/** The output of a procedure that has succeeded. */
export function done(answer: HttpResponse): unknown {
  expect(answer).toMatchObject({ status: 200, json: { result: {} } });
  return (answer.json as { result: { data: unknown } }).result.data;
}

/** Why a procedure has refused; undefined if it succeeded. */
export const reasonOf = ({ json }: HttpResponse): string | undefined =>
  (json as { error?: { data: { reason: string } } }).error?.data.reason;

/** Registers a user, who logs in and proves the address. */
export async function provedPerson(service: Service) {
  const person = await service.person();
  const token = await service.login(person);
  // With EMAIL_VERIFICATION=ask, the mail is on its way already.
  if (service.tegata.settings.emailVerification === "off")
    done(await service.mutate("email.sendVerification", undefined, token));
  const link = await service.linkTo(person.email);
  done(await service.mutate("email.verify", { token: link }, token));
  return { ...person, token };
}

/** Asks for a new password. @returns the token of the link */
export async function askForReset(service: Service, email: string): Promise<string> {
  done(await service.mutate("password.forgot", { email }));
  return service.linkTo(email);
}

/** Asks for a change of the address. @returns the token of the link in the mail to the new one */
export async function askForChange(
  service: Service,
  { token, password }: { token: string; password: string },
  newEmail: string,
): Promise<string> {
  done(await service.mutate("email.change", { newEmail, password }, token));
  return service.linkTo(newEmail);
}

/** People who open apps in a browser: what they let an app do, and the tokens that it gets. */
import {
  type Ask,
  ask,
  exchange,
  isKept,
  parametersOf,
  returned,
  shownFor,
  visit,
} from "./authorization.ts";
import type { Service, Tokens } from "./service.ts";
import { dataOf, Visitor } from "./visitor.ts";

/** A new person in a browser that is logged in. */
export async function arrive(service: Service) {
  const person = await service.person();
  const visitor = new Visitor(service);
  await visitor.logIn(person);
  return { person, visitor };
}

/** Gets a code, and agrees if somebody is asked. */
export async function agree(service: Service, visitor: Visitor, request: Ask): Promise<string> {
  const response = await visit(service, visitor, request);
  const codeOf = ({ code }: Record<string, string>) => service.secret(code ?? "");
  if (!isKept(response)) return codeOf(returned(response));
  const { ticket } = await shownFor(visitor, request);
  const answer = await visitor.call("authorization.allow", { request: request.query, ticket });
  return codeOf(parametersOf(dataOf<{ to: string }>(answer).to));
}

/** Opens an app. @param scope everything that it may have by default */
export async function openApp(
  service: Service,
  visitor: Visitor,
  client_id = "app",
  scope?: string,
): Promise<Tokens> {
  const request = ask({ client_id, scope });
  const code = await agree(service, visitor, request);
  return service.issued(await exchange(service, code, request, { client_id }));
}

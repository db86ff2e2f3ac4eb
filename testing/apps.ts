/** Apps that a person opens in a browser, and the tokens that they get. */
import {
  type Ask,
  agree,
  ask,
  exchange,
  isKept,
  parametersOf,
  shownFor,
  visit,
} from "./authorization.ts";
import type { Service, Tokens } from "./service.ts";
import type { Visitor } from "./visitor.ts";

/** Lets an app in: agrees if the page asks. @returns the code */
export async function letIn(service: Service, visitor: Visitor, request: Ask): Promise<string> {
  const response = await visit(service, visitor, request);
  const to = isKept(response)
    ? await agree(visitor, request, await shownFor(visitor, request))
    : (response.headers.get("location") ?? "");
  return service.secret(parametersOf(to)["code"] ?? "");
}

/** Opens an app. @param scope everything that it may have by default */
export async function openApp(
  service: Service,
  visitor: Visitor,
  client_id = "app",
  scope?: string,
): Promise<Tokens> {
  const request = ask({ client_id, scope });
  const code = await letIn(service, visitor, request);
  return service.issued(await exchange(service, code, request, { client_id }));
}

/** Opens an app that logs in with OpenID Connect. */
export async function openWithIdToken(
  service: Service,
  visitor: Visitor,
  clientId?: string,
): Promise<{ accessToken: string; idToken: string }> {
  const { access_token: accessToken, id_token: idToken = "" } = await openApp(
    service,
    visitor,
    clientId,
    "openid me",
  );
  return { accessToken, idToken };
}

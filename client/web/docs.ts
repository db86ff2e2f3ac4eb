/** Swagger UI for the OpenAPI document of this server. It contacts no other server and does not store tokens. */
import SwaggerUI, { type Plugin, type Request } from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import { BASE } from "./base.ts";

/** The parts of the document that have URLs. */
interface Document {
  servers: { url: string }[];
  components: {
    securitySchemes: {
      user: {
        flows: {
          authorizationCode: { authorizationUrl: string; tokenUrl: string; refreshUrl: string };
          password?: object;
        };
      };
    };
  };
}

/**
 * Makes the relative URLs of the document absolute: Swagger UI would resolve some of them against the root. Its users log
 * in on the page of the server, so they are not asked for a password here.
 */
function adapt(text: string): string {
  const document = JSON.parse(text) as Document;
  const { flows } = document.components.securitySchemes.user;
  const { authorizationCode: code } = flows;
  delete flows.password;
  document.servers = [{ url: BASE }];
  code.authorizationUrl = new URL(code.authorizationUrl, `${BASE}/`).href;
  code.tokenUrl = new URL(code.tokenUrl, `${BASE}/`).href;
  code.refreshUrl = new URL(code.refreshUrl, `${BASE}/`).href;
  return JSON.stringify(document);
}

const adaptedDocument: Plugin = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateSpec: (updateSpec) => (text) => updateSpec(text && adapt(text)),
      },
    },
  },
});

/** Opens the dialog at the button for a user: Swagger UI would set the focus on the field for a client. */
const focusOnUser: Plugin = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        showDefinitions: (showDefinitions) => (definitions) => {
          const shown = showDefinitions(definitions);
          requestAnimationFrame(() =>
            document.querySelector<HTMLElement>(".dialog-ux .authorize")?.focus(),
          );
          return shown;
        },
      },
    },
  },
});

const ui = SwaggerUI({
  dom_id: "#docs",
  url: `${BASE}/openapi.json`,
  oauth2RedirectUrl: `${BASE}/docs/oauth2-redirect`,
  deepLinking: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: false,
  plugins: [adaptedDocument, focusOnUser],
  // Without credentials of its own, the browser does not ask for a password when a response has a Basic challenge.
  requestInterceptor: (request: Request) => ({ ...request, credentials: "omit" }),
  onComplete: () => ui.initOAuth({ clientId: "tegata", usePkceWithAuthorizationCodeGrant: true }),
});

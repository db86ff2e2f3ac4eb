/** Swagger UI for the OpenAPI document of this server. It contacts no other server and does not store tokens. */
import SwaggerUI, { type Plugin, type Request } from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import { BASE } from "./base.ts";

/** The parts of the document that have URLs. */
interface Document {
  servers: { url: string }[];
  components: {
    securitySchemes: { user: { flows: { password: { tokenUrl: string; refreshUrl: string } } } };
  };
}

/** Makes the relative URLs of the document absolute: Swagger UI would resolve some of them against the root. */
function withAbsoluteUrls(text: string): string {
  const document = JSON.parse(text) as Document;
  const { password } = document.components.securitySchemes.user.flows;
  document.servers = [{ url: BASE }];
  password.tokenUrl = new URL(password.tokenUrl, `${BASE}/`).href;
  password.refreshUrl = new URL(password.refreshUrl, `${BASE}/`).href;
  return JSON.stringify(document);
}

const absoluteUrls: Plugin = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateSpec: (updateSpec) => (text) => updateSpec(text && withAbsoluteUrls(text)),
      },
    },
  },
});

/** Opens the dialog at the field for a user: Swagger UI would set the focus on the field for a client. */
const focusOnUser: Plugin = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        showDefinitions: (showDefinitions) => (definitions) => {
          const shown = showDefinitions(definitions);
          requestAnimationFrame(() => document.getElementById("oauth_username")?.focus());
          return shown;
        },
      },
    },
  },
});

const ui = SwaggerUI({
  dom_id: "#docs",
  url: `${BASE}/openapi.json`,
  deepLinking: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: false,
  plugins: [absoluteUrls, focusOnUser],
  // Without credentials of its own, the browser does not ask for a password when a response has a Basic challenge.
  requestInterceptor: (request: Request) => ({ ...request, credentials: "omit" }),
  onComplete: () => ui.initOAuth({ clientId: "tegata" }),
});

/** Swagger UI for this service's own document: it asks nobody else, and forgets its tokens on a reload. */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

const ui = SwaggerUI({
  dom_id: "#docs",
  url: "/openapi.json",
  deepLinking: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: false,
  onComplete: () => ui.initOAuth({ clientId: "tegata" }),
});

/** Swagger UI for the OpenAPI document of this server. It contacts no other server and does not store tokens. */
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

/** Where a login of Swagger UI comes back to, in its own window: Swagger UI's script hands the code over and closes it. */
import "swagger-ui-dist/oauth2-redirect.js";

/** Types for the part of Swagger UI that the API page uses. The package has none. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Ui {
    initOAuth(options: { clientId: string }): void;
  }
  export default function SwaggerUI(options: {
    dom_id: string;
    url: string;
    deepLinking: boolean;
    validatorUrl: null;
    tryItOutEnabled: boolean;
    persistAuthorization: boolean;
    onComplete(): void;
  }): Ui;
}

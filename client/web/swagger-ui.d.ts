/** Types for the part of Swagger UI that the API page uses. The package has none. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Ui {
    initOAuth(options: { clientId: string }): void;
  }
  /** A request before it is sent, as for `fetch`. */
  export type Request = RequestInit & { url: string };
  type UpdateSpec = (text: string) => unknown;
  /** Wraps the action that takes the document; its text is empty at first. */
  export type Plugin = () => {
    statePlugins: {
      spec: { wrapActions: { updateSpec(original: UpdateSpec): UpdateSpec } };
    };
  };
  export default function SwaggerUI(options: {
    dom_id: string;
    url: string;
    deepLinking: boolean;
    validatorUrl: null;
    tryItOutEnabled: boolean;
    persistAuthorization: boolean;
    plugins: Plugin[];
    requestInterceptor(request: Request): Request;
    onComplete(): void;
  }): Ui;
}

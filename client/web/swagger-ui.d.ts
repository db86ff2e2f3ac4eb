/** Types for the part of Swagger UI that the API page uses. The package has none. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Ui {
    initOAuth(options: { clientId: string; usePkceWithAuthorizationCodeGrant: boolean }): void;
  }
  /** A request before it is sent, as for `fetch`. */
  export type Request = RequestInit & { url: string };
  /** An action as a function, and what replaces it. */
  type Wrap<Payload> = (original: (payload: Payload) => unknown) => (payload: Payload) => unknown;
  export type Plugin = () => {
    statePlugins: {
      /** `updateSpec` takes the document; its text is empty at first. */
      spec?: { wrapActions: { updateSpec: Wrap<string> } };
      /** `showDefinitions` opens the dialog, or closes it with `false`. */
      auth?: { wrapActions: { showDefinitions: Wrap<unknown> } };
    };
  };
  export default function SwaggerUI(options: {
    dom_id: string;
    url: string;
    oauth2RedirectUrl: string;
    deepLinking: boolean;
    validatorUrl: null;
    tryItOutEnabled: boolean;
    persistAuthorization: boolean;
    plugins: Plugin[];
    requestInterceptor(request: Request): Request;
    onComplete(): void;
  }): Ui;
}

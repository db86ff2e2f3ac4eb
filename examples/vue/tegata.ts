/** The session of the page: it survives a reload, and `account` follows it. */
import { createTegata, webStore } from "tegata-client";
import { shallowRef } from "vue";

export const tegata = createTegata({
  url: location.origin,
  store: webStore(() => sessionStorage),
  onEnd: () => {
    account.value = undefined;
  },
});

type Account = Awaited<ReturnType<typeof tegata.api.me.query>>;

/** The account that is logged in. */
export const account = shallowRef<Account>();

/** Reads the account if there is a session. */
export async function load(): Promise<void> {
  if (tegata.session.tokens()) account.value = await tegata.api.me.query();
}

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { reasonOf } from "tegata-client";
import { queryClient, tegata, trpc } from "./tegata.ts";

/** The account, or the form to log in. */
export function App() {
  const me = useQuery({
    ...trpc.me.queryOptions(),
    enabled: tegata.session.tokens() !== undefined,
  });
  const logOut = useMutation({
    mutationFn: tegata.logout,
    onSettled: () => queryClient.resetQueries(),
  });
  if (!me.data) return <LogIn />;
  return (
    <main>
      <p>Hello, {me.data.fullName ?? me.data.email}</p>
      <button type="button" onClick={() => logOut.mutate()}>
        Log out
      </button>
    </main>
  );
}

function LogIn() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const logIn = useMutation({
    mutationFn: () => tegata.login(login, password),
    onSuccess: () => queryClient.fetchQuery(trpc.me.queryOptions()),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        logIn.mutate();
      }}
    >
      {logIn.error && <p role="alert">{reasonOf(logIn.error)}</p>}
      <label>
        Email
        <input
          value={login}
          onChange={({ target }) => setLogin(target.value)}
          autoComplete="username"
          required
        />
      </label>
      <label>
        Password
        <input
          value={password}
          onChange={({ target }) => setPassword(target.value)}
          type="password"
          autoComplete="current-password"
          required
        />
      </label>
      <button type="submit">Log in</button>
    </form>
  );
}

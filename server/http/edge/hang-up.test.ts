import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../../testing/engines.ts";
import { PASSWORD, useService } from "../../../testing/service.ts";

describe.each(ENGINES)("a caller that sends ten logins and hangs up, on $name", (engine) => {
  const service = useService(engine);

  test("leaves no session without a line in the log", async () => {
    const { id, email } = await service.person();
    service.logged.length = 0;
    const form = `username=${encodeURIComponent(email)}&password=${encodeURIComponent(PASSWORD)}`;
    const login = [
      "POST /token HTTP/1.1",
      "Host: x",
      "Content-Type: application/x-www-form-urlencoded",
      `Content-Length: ${form.length}`,
      "",
      form,
    ].join("\r\n");
    const lines = () =>
      service.logged.map((line) => JSON.parse(line)).filter(({ path }) => path === "/token");
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    socket.write(login.repeat(10), () => socket.destroy());
    await expect.poll(lines).not.toEqual([]);
    // What the logins have started is done before these, which come last.
    const other = await service.person();
    for (let i = 0; i < 5; i += 1)
      await service.post("/api/token", { username: other.email, password: other.password });
    const sessions = await service.tegata.db.sessions.list(id, service.tegata.now());
    expect(sessions.length).toBeLessThanOrEqual(lines().length);
  });
});

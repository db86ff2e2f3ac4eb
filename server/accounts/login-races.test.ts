/** Logins while the password is changed elsewhere. */
import { describe, expect, test } from "vitest";
import { ENGINES } from "../../testing/engines.ts";
import { PASSWORD, useService } from "../../testing/service.ts";

describe.each(ENGINES)("a login on $name", (engine) => {
  const service = useService(engine);

  /**
   * Has another node of the cluster store a new hash while a session is inserted: the insert has read the old one, and that
   * node does not know the session when it ends all of them.
   */
  const changeDuringInsert = (userId: number, hash: string) => {
    const { sessions, users } = service.tegata.db;
    const { addForUser } = sessions;
    const inserted: string[] = [];
    sessions.addForUser = async (session, read) => {
      sessions.addForUser = addForUser;
      inserted.push(session.id);
      const isAdded = await addForUser(session, read);
      await users.replaceHash(userId, read, hash);
      return isAdded;
    };
    return inserted;
  };
  const logIn = ({ email }: { email: string }) =>
    service.token({ grant_type: "password", username: email, password: PASSWORD });
  const hashOf = async (id: number) =>
    (await service.tegata.db.users.find(id))?.passwordHash ?? expect.unreachable();

  test("with a password that another node has just replaced is refused, and leaves no session", async () => {
    const person = await service.person();
    const other = await service.person({ password: "another horse battery" });
    const inserted = changeDuringInsert(person.id, await hashOf(other.id));
    expect(await logIn(person)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    const { db, now } = service.tegata;
    expect(await db.sessions.list(person.id, now())).toEqual([]);
    const events = await db.events.list({}, { limit: 9 });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "session_ended",
        sessionId: inserted[0],
        detail: "password_changed",
      }),
    );
  });

  test("with the same password, whose hash another login has just renewed, succeeds", async () => {
    const person = await service.person();
    const twin = await service.person();
    const inserted = changeDuringInsert(person.id, await hashOf(twin.id));
    service.issued(await logIn(person));
    const { db, now } = service.tegata;
    const active = await db.sessions.list(person.id, now());
    expect(active).toHaveLength(1);
    expect(inserted).not.toContain(active[0]?.id);
  });
});

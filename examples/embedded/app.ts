/** An Express application with Tegata inside: one process, one database, one typed client for both. */
import { eq } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import express from "express";
import { createTegata, type Key, Refusal, router, signedInWith, type WithTegata } from "tegata";
import { z } from "zod";
import { notes } from "./schema.ts";

const scopes = { "notes:read": "Read your notes", "notes:write": "Add notes" };
const signedIn = signedInWith(scopes);

// The example is for the OpenAPI document.
const Note = z.strictObject({ text: z.string().max(100) }).meta({ example: { text: "Buy milk" } });

const ownRouter = (db: LibSQLDatabase) => {
  const listOf = (userId: number) => db.select().from(notes).where(eq(notes.userId, userId));
  return router({
    notes: router({
      list: signedIn("notes:read").query(({ ctx }) => listOf(ctx.user.id)),
      add: signedIn("notes:write")
        .meta({
          rest: "POST /api/notes",
          summary: "Add a note",
          as: "count",
          refusals: ["too_many_items"],
        })
        .input(Note)
        .output(z.number().meta({ example: 1 }))
        .mutation(async ({ ctx: { user }, input: { text } }) => {
          const mine = await listOf(user.id);
          if (mine.length >= 3) throw new Refusal("too_many_items");
          await db.insert(notes).values({ userId: user.id, text });
          return mine.length + 1;
        }),
    }),
  });
};
/** The type that the client imports. */
export type Router = WithTegata<ReturnType<typeof ownRouter>>;

/** Opens the application; it does not listen yet. */
export async function openApp(settings: Partial<Record<Key, string>> & { DATABASE_URL: string }) {
  const db = drizzle(settings.DATABASE_URL);
  const tegata = await createTegata({ settings, scopes, router: ownRouter(db) });
  // Now there is a table of users that the notes can refer to.
  await migrate(db, { migrationsFolder: `${import.meta.dirname}/migrations` });

  const app = express();
  // Before `express.json()`: Tegata reads its bodies itself.
  app.use("/auth", tegata.handler);
  app.use(express.json());
  app.get("/", (_req, res) => {
    res.send("The application. Its login service is at /auth.");
  });
  return {
    app,
    async close() {
      db.$client.close();
      await tegata.close();
    },
  };
}

/** An application of its own with Tegata inside: one process, one database, one typed client for both. */
import express from "express";
import { createTegata, Refusal, router, signedIn, type WithTegata } from "tegata";
import { z } from "zod";

const port = Number(process.env["PORT"] ?? 4000);
const notes = new Map<number, string[]>();

// The example is for the OpenAPI document.
const Note = z.strictObject({ text: z.string().max(100) }).meta({ example: { text: "Buy milk" } });

const own = router({
  notes: router({
    list: signedIn("me").query(({ ctx }) => notes.get(ctx.user.id) ?? []),
    add: signedIn("me")
      .meta({
        rest: "POST /api/notes",
        summary: "Add a note",
        as: "count",
        refusals: ["too_many_items"],
      })
      .input(Note)
      .output(z.number().meta({ example: 1 }))
      .mutation(({ ctx, input }) => {
        const mine = [...(notes.get(ctx.user.id) ?? []), input.text];
        if (mine.length > 3) throw new Refusal("too_many_items");
        notes.set(ctx.user.id, mine);
        return mine.length;
      }),
  }),
});
/** The type that the client imports. */
export type Router = WithTegata<typeof own>;

const tegata = await createTegata({
  settings: {
    DATABASE_URL: process.env["DATABASE_URL"] ?? "file:.data/app.db",
    ISSUER: `http://127.0.0.1:${port}/auth`,
  },
  router: own,
});

const app = express();
// Before `express.json()`: Tegata reads its bodies itself.
app.use("/auth", tegata.handler);
app.use(express.json());
app.get("/", (_req, res) => {
  res.send("The application. Its login service is at /auth.");
});

const server = app.listen(port, "127.0.0.1", () => console.log(`Listening on port ${port}`));
process.once("SIGTERM", () => server.close(() => void tegata.close()));

/** For `drizzle-kit generate`, `migrate` and `push`. */
import { defineConfig } from "drizzle-kit";
import { tablesFilter } from "tegata/drizzle";

export default defineConfig({
  dialect: "sqlite",
  schema: "./schema.ts",
  out: "./migrations",
  // Without it, push would drop the tables of Tegata.
  tablesFilter,
  dbCredentials: { url: process.env["DATABASE_URL"] ?? "file:../app.db" },
});

/** Starts the application. */
import { openApp } from "./app.ts";

const port = Number(process.env["PORT"] ?? 4000);
const { app, close } = await openApp({
  DATABASE_URL: process.env["DATABASE_URL"] ?? "file:app.db",
  ISSUER: `http://127.0.0.1:${port}/auth`,
});
const server = app.listen(port, "127.0.0.1", () => console.log(`Listening on port ${port}`));
process.once("SIGTERM", () => server.close(() => void close()));

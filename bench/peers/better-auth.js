/** better-auth on Express and MySQL, with bcrypt for its passwords: what a TypeScript user would choose. */
import { hash, verify } from "@node-rs/bcrypt";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import express from "express";
import { createPool } from "mysql2/promise";

const { DB_URL, PORT, SECRET_KEY, BCRYPT_COST } = process.env;
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: SECRET_KEY,
  database: createPool({ uri: DB_URL, connectionLimit: 10, timezone: "Z" }),
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hash(password, Number(BCRYPT_COST)),
      verify: ({ hash: stored, password }) => verify(password, stored),
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  advanced: { disableOriginCheck: true, disableCSRFCheck: true },
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const app = express();
app.all("/api/auth/*splat", toNodeHandler(auth));
app.listen(Number(PORT), "127.0.0.1");

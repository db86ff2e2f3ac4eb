/** The leanest service that one would write by hand: Fastify, an HMAC and one prepared statement. No RPC, no ORM. */
import formbody from "@fastify/formbody";
import jwt from "@fastify/jwt";
import { hash, verify } from "@node-rs/bcrypt";
import fastify from "fastify";
import { createPool } from "mysql2/promise";

const { DB_URL, PORT, SECRET_KEY, BCRYPT_COST } = process.env;
const db = createPool({ uri: DB_URL, connectionLimit: 10 });
await db.query(
  "CREATE TABLE IF NOT EXISTS users (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(256) UNIQUE, password VARCHAR(256))",
);

const app = fastify();
app.register(jwt, { secret: SECRET_KEY });
app.register(formbody);

app.post("/api/register", async ({ body: { email, password } }) => {
  const hashed = await hash(password, Number(BCRYPT_COST));
  const [{ insertId }] = await db.execute("INSERT INTO users (email, password) VALUES (?, ?)", [
    email,
    hashed,
  ]);
  return { email, id: insertId };
});

app.post("/api/token", async ({ body: { username, password } }, reply) => {
  const [[user]] = await db.execute("SELECT id, email, password FROM users WHERE email = ?", [
    username,
  ]);
  if (!user || !(await verify(password, user.password)))
    return reply.code(400).send({ error: "invalid_grant" });
  const token = app.jwt.sign({ sub: user.email }, { expiresIn: "30m" });
  return { access_token: token, token_type: "bearer" };
});

app.get("/api/user/me", async (request, reply) => {
  try {
    await request.jwtVerify();
  } catch {
    return reply.code(401).send({ error: "invalid_token" });
  }
  const [[user]] = await db.execute("SELECT id, email FROM users WHERE email = ?", [
    request.user.sub,
  ]);
  return user ?? reply.code(401).send({ error: "invalid_token" });
});

await app.listen({ port: Number(PORT), host: "127.0.0.1" });

/** The least that Node's HTTP server can do: a measure of the machine. */
import { createServer } from "node:http";

const body = '{"result":{"data":false}}';
const headers = { "Content-Type": "application/json", "Content-Length": body.length };
createServer((_req, res) => res.writeHead(200, headers).end(body)).listen(
  Number(process.env.PORT),
  "127.0.0.1",
);

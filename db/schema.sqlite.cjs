/**
 * The SQLite tables for drizzle-kit, which reads each value that a module exports. ES modules must list their exports by
 * name; CommonJS can export the whole schema, so that a new table needs no edit here.
 */
const { sqlite } = require("./dialect-sqlite.ts");
const { schema } = require("./schema.ts");

module.exports = schema(sqlite);

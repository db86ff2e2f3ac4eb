/** What the export writes is what the import reads. */
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { people } from "../../testing/people.ts";
import { readImportRecord } from "../accounts/import-record.ts";
import { headOf, lineOf } from "./export.ts";
import { FORMATS, readRecords } from "./records.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

test.each(FORMATS)(
  "a user who is written as %s is read as the same user, at any chunk size",
  async (format) => {
    await fc.assert(
      fc.asyncProperty(people(NOW), fc.integer({ min: 1, max: 300 }), async (users, size) => {
        const rows = users.map((user, i) => ({
          ...{
            id: i,
            disabled: false,
            usernameKey: null,
            emailVerifiedAtMs: null,
            emailChangedAtMs: null,
          },
          ...user,
        }));
        const text = Buffer.from(
          headOf(format) + rows.map((user) => lineOf(user, format)).join(""),
        );
        const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
          text.subarray(i * size, (i + 1) * size),
        );
        const read = [];
        for await (const one of readRecords(
          Readable.from(chunks, { objectMode: false }),
          undefined,
        ))
          read.push(one.is === "record" ? readImportRecord(one.record, NOW) : one);
        expect(read).toEqual(users.map((user) => ({ is: "user", user })));
      }),
    );
  },
);

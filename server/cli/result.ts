/** What a command ends with, for people or as one JSON value for programs. */
import { whileOpen, write } from "./output.ts";

/** What a command has done or found. Nothing is printed before one of the two is called. */
export interface Result {
  /** Prints one JSON value to standard output. @throws {Refused} if a part could not be done */
  printJson(): void | Promise<void>;
  /** Prints it for people: results to standard output, remarks to standard error. @throws as `printJson` */
  printText(): void | Promise<void>;
}

/** A result that is known. @param text a line for people, or what prints it */
export const done = (value: object, text: string | (() => void)): Result => ({
  printJson: () => console.log(JSON.stringify(value)),
  printText: () => (typeof text === "string" ? console.log(text) : text()),
});

/**
 * Prints a JSON array, each element in a line of its own.
 * @param pages read one after the other, never whole
 * @param around what else is printed: `after` is called when all pages are read
 */
export async function printArray<Row>(
  pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  describe: (row: Row) => object,
  { before, after }: { before: string; after: () => string } = { before: "", after: () => "\n" },
): Promise<void> {
  let isEmpty = true;
  await write(`${before}[`);
  try {
    for await (const page of pages) {
      const texts = page.map((row) => `\n${JSON.stringify(describe(row))}`);
      if (texts.length === 0) continue;
      await write((isEmpty ? "" : ",") + texts.join(","));
      isEmpty = false;
    }
  } finally {
    // Also if a page could not be read: what was printed before is JSON, and the exit code says that more is missing.
    await write(`${isEmpty ? "" : "\n"}]${after()}`);
  }
}

/**
 * A list, which is read page by page while it is printed.
 * @param describe a row in the form that `--json` prints
 * @param print rows for people
 * @param none a remark if there are no rows
 */
export function list<Row>(
  pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  describe: (row: Row) => object,
  print: (rows: readonly Row[]) => void,
  none?: string,
): Result {
  return {
    printJson: () => printArray(whileOpen(pages), describe),
    async printText() {
      let isEmpty = true;
      for await (const page of whileOpen(pages)) {
        if (page.length > 0) print(page);
        isEmpty &&= page.length === 0;
      }
      // Goes to stderr, because scripts read stdout.
      if (isEmpty && none !== undefined) console.error(none);
    },
  };
}

/** Prints rows: a table on a terminal, and lines with tabs, which other programs can split, everywhere else. */

/** Characters that take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/gu;

const widthOf = (text: string) => [...text].length + (text.match(WIDE)?.length ?? 0);

/** What others chose must not control the terminal, nor look like another column. */
const clean = (value: string | number | null) => String(value ?? "-").replace(/\p{Cc}/gu, "?");

/** Prints rows. @param heads the names of the columns, for a terminal */
export function printTable(
  heads: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  { isTerminal = process.stdout.isTTY } = {},
): void {
  const cells = rows.map((row) => row.map(clean));
  if (!isTerminal) {
    for (const row of cells) console.log(row.join("\t"));
    return;
  }
  const table = [heads.map((head) => head.toUpperCase()), ...cells];
  const widths = heads.map((_, i) => Math.max(...table.map((row) => widthOf(row[i] ?? ""))));
  for (const row of table)
    console.log(
      row
        .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - widthOf(cell)))
        .join("  ")
        .trimEnd(),
    );
}

/** Prints what is known of one thing: a line for each name and value. */
export function printFacts(facts: Readonly<Record<string, string | number | null>>): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts))
    console.log(`${name.padEnd(width)}  ${clean(value)}`);
}

/** The table: what was measured, against what it should be. */

/** One line of the table. */
export interface Line {
  what: string;
  measured: string;
  goal: string;
  /** Undefined if it could not be measured. */
  met: boolean | undefined;
}

const figure =
  (sign: "≤" | "≥") =>
  (
    what: string,
    value: number,
    limit: number,
    { unit = "", digits = 0 }: { unit?: string; digits?: number } = {},
  ): Line => {
    const write = (x: number) => `${x.toFixed(digits)}${unit}`;
    const met = sign === "≤" ? value <= limit : value >= limit;
    return { what, measured: write(value), goal: `${sign} ${write(limit)}`, met };
  };

/** A line for a figure that must not be above its goal. */
export const atMost = figure("≤");
/** A line for a figure that must not be below its goal. */
export const atLeast = figure("≥");

/** A line for what could not be measured here. */
export const notMeasured = (what: string, goal: string, why: string): Line => ({
  what,
  measured: why,
  goal,
  met: undefined,
});

/** A ratio, as the table writes it. */
export const RATIO = { unit: " ×", digits: 2 };
/** Microseconds, as the table writes them. */
export const MICROSECONDS = { unit: " µs" };

/** Writes the table in Markdown. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(({ what, measured, goal, met }) => [
    what,
    measured,
    goal,
    met === undefined ? "–" : met ? "yes" : "**no**",
  ]);
  const all = [["what", "measured", "goal", "met"], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const write = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const [head = [], ...body] = all;
  return [write(head), rule, ...body.map(write)].join("\n");
}

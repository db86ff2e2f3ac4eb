/** A measurement that fills lines of the table. */
import type { Lab } from "../lab.ts";
import type { Line } from "../table.ts";

/** A measurement. */
export interface Row {
  /** For `--only`. */
  name: string;
  measure(lab: Lab): Promise<Line[]>;
}

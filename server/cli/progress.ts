/** Shows on a terminal how far long work is. */

/** Counts what is done. Everywhere but on a terminal it prints nothing. @param what is counted */
export function openProgress(what: string, output = process.stderr) {
  let done = 0;
  return {
    add(count: number) {
      done += count;
      if (output.isTTY) output.write(`\r${done.toLocaleString("en")} ${what}`);
    },
    /** Clears the line. */
    end() {
      if (output.isTTY) output.write("\r\x1b[K");
    },
  };
}

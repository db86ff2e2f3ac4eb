/** Standard output, which can end before a command: its reader goes away, or the disk is full. */
import { fstatSync, writeFile } from "node:fs";

let isClosed = false;

/**
 * Watches standard output, so that its errors do not end the process. What a command changes, it changes also if nobody reads
 * what it prints.
 * @param fail is called with an error that is one: a reader that has read enough, as `head`, is none
 */
export function watchOutput(fail: (error: Error) => void): void {
  const { stdout } = process;
  // By itself, Node takes a write to a full disk for a success if the beginning was written.
  if (fstatSync(stdout.fd).isFile())
    stdout._write = (text: Uint8Array, _encoding, done) => writeFile(stdout.fd, text, done);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!isClosed && error.code !== "EPIPE") fail(error);
    // `destroyed` does not say it: Node never destroys standard output.
    isClosed = true;
  });
}

/** Prints a text, and waits while the reader is slower. */
export const write = (text: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(text, () => resolve()));

/** The pages, until nothing can be printed any more. */
export async function* whileOpen<Page>(
  pages: AsyncIterable<Page> | Iterable<Page>,
): AsyncGenerator<Page> {
  for await (const page of pages) {
    if (isClosed) return;
    yield page;
  }
}

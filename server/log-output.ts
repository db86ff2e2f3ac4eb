/** Writes the log in the background, so that a full disk, a closed pipe or a reader that has stopped never stops the service. */
import { write } from "node:fs";
import type { DestinationStream } from "pino";

/** The most text that waits to be written, in characters. Lines beyond that are lost. */
const MAX_WAITING = 1_000_000;
/** When to try again after a write has failed, in milliseconds. */
const RETRY_MS = 100;
/** What a pipe takes as a whole, also if other processes write to it (POSIX: at least 512 bytes; Linux: 4096). */
const WHOLE_BYTES = 4096;
/**
 * How long to collect lines after each write, in milliseconds. A write is the work of another thread: to wake it and to be
 * woken takes longer than to write.
 */
const PAUSE_MS = 10;
/** How long text may wait until the log counts as not writable, in milliseconds. Readers of a pipe do pause. */
const STUCK_MS = 1_000;
/** How long the end waits for text that has not been written, in milliseconds. */
const END_MS = 500;

/** Where the log goes. */
export interface LogOutput extends DestinationStream {
  /** Whether the log is being written. False while it has made no progress for a second. */
  isWritable(): boolean;
  /** Waits until everything is written, but not longer than half a second. */
  end(): Promise<void>;
}

/**
 * Opens standard output, or another file descriptor that does not block: a write that blocks would also block the end of
 * the process. Node switches standard output to that when `process.stdout` is first used.
 * @param isShared whether other processes write to it too: then lines that are longer than 4 kB may be torn, but no others
 */
export function openLogOutput(fd: number = process.stdout.fd, isShared = false): LogOutput {
  let waiting = "";
  let lost = 0;
  let isWriting = false;
  let progressAtMs = 0;
  let onEmpty = (): void => undefined;

  /** Takes what is written next from what waits: all of it, or a few whole lines. */
  function take(): string {
    const end = isShared ? endOfLines(waiting) : waiting.length;
    const text = waiting.slice(0, end);
    waiting = waiting.slice(end);
    return text;
  }

  function writeNext(unwritten?: Buffer): void {
    const chunk = unwritten ?? Buffer.from(take());
    isWriting = chunk.length > 0;
    if (!isWriting) {
      onEmpty();
      return;
    }
    write(fd, chunk, (error, bytes) => {
      if (error) return void setTimeout(writeNext, RETRY_MS, chunk).unref();
      progressAtMs = performance.now();
      const rest = chunk.subarray(bytes);
      if (rest.length > 0) return writeNext(rest);
      if (lost > 0) {
        const pid = isShared ? { pid: process.pid } : {};
        const line = { level: 40, time: Date.now(), ...pid, lost, msg: "log lines were lost" };
        waiting += `${JSON.stringify(line)}\n`;
        lost = 0;
      }
      // With a pause after each 4 kB, what waits would never become less.
      if (isShared && waiting.length > WHOLE_BYTES) writeNext();
      else setTimeout(writeNext, PAUSE_MS);
    });
  }

  return {
    write(line) {
      if (waiting.length + line.length > MAX_WAITING) lost += 1;
      else waiting += line;
      if (isWriting) return;
      progressAtMs = performance.now();
      writeNext();
    },
    isWritable: () => !isWriting || performance.now() - progressAtMs < STUCK_MS,
    end: () =>
      new Promise((resolve) => {
        onEmpty = resolve;
        setTimeout(resolve, END_MS);
        if (!isWriting) resolve();
      }),
  };
}

/** @returns the end of the most lines that a pipe takes as a whole; of the first line, if that alone is too long */
function endOfLines(text: string): number {
  let end = 0;
  let bytes = 0;
  for (let next = text.indexOf("\n"); next !== -1; next = text.indexOf("\n", end)) {
    bytes += Buffer.byteLength(text.slice(end, next + 1));
    if (bytes > WHOLE_BYTES && end > 0) break;
    end = next + 1;
  }
  return end;
}

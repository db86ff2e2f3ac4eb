/**
 * Keeps the young generation of the heap as it is now, at 4 MB for each of its halves. It would grow to 16 MB with the first
 * requests, and they would hardly be faster. `main.ts` imports this before anything that takes memory. See decision 073.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--semi-space-growth-factor=1");

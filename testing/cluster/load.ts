/** People who register, log in, ask who they are and refresh, all the time; and what the service has promised them. */
import { type Answer, me, Person, refresh, type Tokens, tokensOf } from "./person.ts";

/** How long somebody waits after an answer that says to try again, in milliseconds. */
const PAUSE_MS = 100;
const OUTAGES: ReadonlySet<number> = new Set([0, 502, 503, 504]);

/** A load on one address. */
export class Load {
  /** Who was told that they are registered. */
  readonly registered: Person[] = [];
  /** Answers that deny what an earlier answer promised. */
  readonly broken: string[] = [];
  /** How often each request had each status. */
  readonly counts = new Map<string, number>();
  /** When a request of each kind last succeeded, and the longest time between two successes, in milliseconds. */
  #lastAt = performance.now();
  #longestGapMs = 0;
  #isStopping = false;
  readonly #url: string;
  readonly #workers: Promise<void>[];

  constructor(url: string, people: number) {
    this.#url = url;
    this.#workers = Array.from({ length: people }, () => this.#live());
  }

  /** Ends the load when everybody has their last answer. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
  }

  /** Starts to look for gaps anew. */
  resetGap(): void {
    this.#lastAt = performance.now();
    this.#longestGapMs = 0;
  }

  /** The longest time without any success since then, in milliseconds. */
  get longestGapMs(): number {
    return Math.round(Math.max(this.#longestGapMs, performance.now() - this.#lastAt));
  }

  /** How many requests have had one of these statuses. */
  count(isCounted: (status: number) => boolean): number {
    let all = 0;
    for (const [key, count] of this.counts) if (isCounted(Number(key.split(" ")[1]))) all += count;
    return all;
  }

  async #live(): Promise<void> {
    while (!this.#isStopping) {
      const person = new Person();
      // Not repeated: what an outage hides, nobody was promised.
      const answer = this.#note("register", await person.register(this.#url));
      if (answer.status !== 200) {
        if (!OUTAGES.has(answer.status)) this.broken.push(`register: ${answer.text}`);
        await pause();
        continue;
      }
      this.registered.push(person);
      const loggedIn = await this.#insist("log in", () => person.logIn(this.#url));
      if (loggedIn) await this.#use(tokensOf(loggedIn));
    }
  }

  async #use(first: Tokens): Promise<void> {
    let tokens = first;
    for (let i = 0; i < 3; i += 1) {
      const current = tokens;
      if (!(await this.#insist("me", () => me(this.#url, current)))) return;
      const refreshed = await this.#insist("refresh", () => refresh(this.#url, current));
      if (!refreshed) return;
      tokens = tokensOf(refreshed);
    }
  }

  /** Repeats a request until it is not an outage. @returns undefined if it is refused then, which it must not be */
  async #insist(name: string, request: () => Promise<Answer>): Promise<Answer | undefined> {
    for (;;) {
      const answer = this.#note(name, await request());
      if (answer.status === 200) return answer;
      if (!OUTAGES.has(answer.status)) {
        this.broken.push(`${name}: ${answer.status} ${answer.text}`);
        return undefined;
      }
      await pause();
    }
  }

  #note(name: string, answer: Answer): Answer {
    const key = `${name} ${answer.status}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    if (answer.status === 200) {
      const now = performance.now();
      this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastAt);
      this.#lastAt = now;
    }
    return answer;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

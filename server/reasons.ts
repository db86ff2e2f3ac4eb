/** Why something failed, for people. */

/** The first line of an error and of each of its causes, each said once, in one line. */
export function reasonsOf(error: unknown): string {
  const reasons: string[] = [];
  for (
    let cause = error;
    cause !== undefined;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    if (reason !== "" && !reasons.some((said) => said.includes(reason))) reasons.push(reason);
  }
  return reasons.join(": ");
}

/** Work that arrives in bursts. */

/**
 * Makes the function that begins work at once, but only a few pieces in each turn of the event loop; the others follow in
 * the next turns, in their order. What else arrives meanwhile is served in between.
 * @param most the most pieces that begin in one turn
 */
export function fewAtATime(most: number): (begin: () => void) => void {
  const waiting: (() => void)[] = [];
  let begun = 0;

  function nextTurn(): void {
    const now = waiting.splice(0, most);
    begun = now.length;
    if (begun > 0) setImmediate(nextTurn);
    for (const begin of now) begin();
  }

  return (begin) => {
    if (begun >= most) return void waiting.push(begin);
    if (begun === 0) setImmediate(nextTurn);
    begun += 1;
    begin();
  };
}

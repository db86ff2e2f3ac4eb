/** Interleavings that a test forces. */

/** A query that comes after something else. */
export const following =
  <Given extends unknown[], Result>(
    act: () => Promise<unknown>,
    query: (...given: Given) => Promise<Result>,
  ) =>
  async (...given: Given): Promise<Result> => {
    await act();
    return query(...given);
  };

/** Runs so many pieces of work at once; others wait in their order. */
export type AtMost = <T>(work: () => Promise<T>) => Promise<T>;

export function createAtMost(most: number): AtMost {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running += 1;
    // Who leaves hands the turn on: `running` stays as it is.
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

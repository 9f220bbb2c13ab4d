/** Work that may be interrupted wherever it yields; what it yields says nothing. */
export type Steps<Result> = Generator<unknown, Result>;

/** The work without a break. */
export function atOnce<Result>(work: Steps<Result>): Result {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

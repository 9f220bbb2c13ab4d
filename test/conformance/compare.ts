/** One test of the suites, as the runner reports it. */
export interface Outcome {
  readonly file: string;
  readonly suite: string;
  readonly test: string;
  readonly result: 'passed' | 'failed' | 'ignored';
  readonly reason?: string;
}

/** A failure that is known, and why it stands. */
export interface ExpectedFailure {
  readonly file: string;
  readonly suite: string;
  readonly test: string;
  readonly reason: string;
  /** It passes now and then, by no doing of ours. */
  readonly sometimes?: boolean;
}

/** A feature of the suites that our description switches off, and why. */
export interface MissingFeature {
  readonly feature: string;
  readonly reason: string;
}

export type Row = ExpectedFailure | MissingFeature;

/** The runner's JSON, as far as it is read here. */
export interface Results {
  readonly files: readonly {
    readonly file: string;
    readonly suites: readonly {
      readonly name: string;
      readonly tests: readonly {
        readonly name: string;
        readonly result: Outcome['result'];
        readonly reason?: string;
      }[];
    }[];
  }[];
}

/** Names may repeat within a script: the second is `name (2)`, so that each row means one test. */
function numbered(): (name: string) => string {
  const seen = new Map<string, number>();
  return (name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
}

export function outcomes(results: Results): Outcome[] {
  return results.files.flatMap(({ file, suites }) => {
    const suiteName = numbered();
    return suites.flatMap((suite) => {
      const name = suiteName(suite.name);
      const testName = numbered();
      return suite.tests.map((test) => ({ ...test, file, suite: name, test: testName(test.name) }));
    });
  });
}

const keyOf = ({ file, suite, test }: Pick<Outcome, 'file' | 'suite' | 'test'>): string =>
  `${file} · ${suite} · ${test}`;

/**
 * What does not agree with the list: a failure that is not on it, a row whose test passes, and a row whose test did
 * not run. Rows of files outside `ran` are not judged.
 */
export function disagreements(
  found: readonly Outcome[],
  rows: readonly Row[],
  ran: (file: string) => boolean,
): string[] {
  const expected = rows.filter((row) => 'file' in row).filter((row) => ran(row.file));
  const listed = new Set(expected.map(keyOf));
  const results = new Map(found.map((outcome) => [keyOf(outcome), outcome]));
  const unlisted = found
    .filter((outcome) => outcome.result === 'failed' && !listed.has(keyOf(outcome)))
    .map((outcome) => `not listed: ${keyOf(outcome)}\n    ${(outcome.reason ?? '').slice(0, 400)}`);
  const stale = expected.flatMap((row) => {
    const result = results.get(keyOf(row))?.result ?? 'absent';
    if (result === 'failed' || (result === 'passed' && row.sometimes === true)) return [];
    return [`listed but ${result === 'passed' ? 'passes' : `did not run (${result})`}: ${keyOf(row)}`];
  });
  return [...unlisted, ...stale];
}

type Features = Readonly<Record<string, boolean>>;

/** Features that the given description claims and ours does not, without a row; and rows for what ours does claim. */
export function featureDisagreements(ours: Features, given: Features, rows: readonly Row[]): string[] {
  const off = Object.keys(given).filter((feature) => given[feature] && !ours[feature]);
  const listed = rows.filter((row) => 'feature' in row).map((row) => row.feature);
  return [
    ...off.filter((feature) => !listed.includes(feature)).map((feature) => `feature without a row: ${feature}`),
    ...listed.filter((feature) => !off.includes(feature)).map((feature) => `row of a feature that is on: ${feature}`),
  ];
}

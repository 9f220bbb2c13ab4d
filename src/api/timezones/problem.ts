const TITLES = {
  'invalid-action': 'There is no such action',
  'invalid-changedsince': 'changedsince may be given once',
  'invalid-end': 'end must be one UTC date-time after start, such as 2027-01-01T00:00:00Z',
  'invalid-format': 'Time zones are to be had as iCalendar, xCal or jCal',
  'invalid-pattern': 'pattern must be one text, with * at its beginning or end only',
  'invalid-start': 'start must be one UTC date-time, such as 2026-01-01T00:00:00Z',
  'tzid-not-found': 'There is no time zone of this identifier',
} as const;

export type ProblemCode = keyof typeof TITLES;

/** The "problem details" of RFC 7807 with a type of RFC 7808 §10.4. */
export interface Problem {
  readonly type: `urn:ietf:params:tzdist:error:${ProblemCode}`;
  readonly title: string;
  readonly status: number;
}

const STATUS: Partial<Record<ProblemCode, number>> = {
  'invalid-action': 404,
  'tzid-not-found': 404,
  'invalid-format': 406,
};

/** What went wrong, in the words of RFC 7808 §5. */
export function problem(code: ProblemCode, status = STATUS[code] ?? 400): Problem {
  return { type: `urn:ietf:params:tzdist:error:${code}`, title: TITLES[code], status };
}

export const isProblem = (answer: object): answer is Problem => 'status' in answer;

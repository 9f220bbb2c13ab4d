import type { Line, Panel } from './growth-chart.ts';

type Costs = Readonly<Record<string, number>>;

interface Held {
  readonly resources: number;
  readonly instances: number;
}

/** CPU milliseconds of each question to a calendar of one size, and what the two windows held. */
export interface EventGrowth {
  readonly size: number;
  readonly week: Held;
  readonly same: Held;
  readonly costs: Costs;
}

export interface UserGrowth {
  readonly users: number;
  readonly provisionSeconds: number;
  readonly costs: Costs;
}

/** What the arithmetic for many nodes begins with: CPU milliseconds, and octets of disk. */
export interface Rates {
  /** A new event of one person. */
  readonly put: number;
  /** A new event that invites so many people of the same node. */
  readonly meeting: number;
  readonly invited: number;
  /** A week of a calendar, with its events in full. */
  readonly view: number;
  readonly octetsPerMeeting: number;
}

export interface Growth {
  readonly events: readonly EventGrowth[];
  readonly users: readonly UserGrowth[];
  readonly rates: Rates | undefined;
}

/** A question of which nothing but the size of the answer may grow. */
const WHOLE: ReadonlySet<string> = new Set(['list', 'text', 'query week', 'expand week', 'free-busy week']);

interface Sized {
  readonly size: number;
  readonly costs: Costs;
}

const namesOf = (sizes: readonly Sized[]): readonly string[] => [
  ...new Set(sizes.flatMap(({ costs }) => Object.keys(costs))),
];

const linesOf = (sizes: readonly Sized[], wanted: (name: string) => boolean): readonly Line[] =>
  namesOf(sizes)
    .filter(wanted)
    .map((name) => ({
      name,
      points: sizes.flatMap(({ size, costs }) => (costs[name] === undefined ? [] : [[size, costs[name]] as const])),
    }));

const byUsers = (users: readonly UserGrowth[]): readonly Sized[] =>
  users.map((each) => ({ size: each.users, costs: each.costs }));

export function panels({ events, users }: Growth): readonly Panel[] {
  const axis = 'events in the calendar';
  return [
    { title: 'What may not grow with the calendar', axis, lines: linesOf(events, (name) => !WHOLE.has(name)) },
    { title: 'What is in the answer grows', axis, lines: linesOf(events, (name) => WHOLE.has(name)) },
    {
      title: 'What users there are besides',
      axis: 'users in the database',
      lines: linesOf(byUsers(users), () => true),
    },
  ].filter(({ lines }) => lines.length > 0);
}

const figure = (value: number | undefined): string =>
  value === undefined ? '' : value < 10 ? value.toFixed(2) : value.toFixed(0);

function markdown(head: string, sizes: readonly Sized[]): readonly string[] {
  const counts = sizes.map(({ size }) => size.toLocaleString('en-US'));
  const grows = (costs: readonly (number | undefined)[]): string =>
    `${((costs.at(-1) ?? Number.NaN) / (costs[0] ?? Number.NaN)).toFixed(2)} ×`;
  return [
    `| ${[head, ...counts, 'last / first'].join(' | ')} |`,
    `| --- |${' ---: |'.repeat(sizes.length + 1)}`,
    ...namesOf(sizes).map((name) => {
      const costs = sizes.map((each) => each.costs[name]);
      return `| ${[name, ...costs.map(figure), grows(costs)].join(' | ')} |`;
    }),
  ];
}

const held = ({ resources, instances }: Held): string => `${resources} events, ${instances} instances`;

/** In Markdown: CPU milliseconds a request. */
export function table({ events, users }: Growth): string {
  return [
    ...(events.length > 0 ? markdown('events in the calendar', events) : []),
    '',
    ...events.map(
      ({ size, week, same }) =>
        `- ${size.toLocaleString('en-US')}: the week holds ${held(week)}; the window of the same count ${held(same)}.`,
    ),
    '',
    ...(users.length > 0 ? markdown('users in the database', byUsers(users)) : []),
  ].join('\n');
}

import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { chart, type Panel } from '../../bench/growth-chart.ts';
import { panels, table, type Growth } from '../../bench/growth-report.ts';

const PANEL: Panel = {
  title: 'Cost <b> & growth',
  axis: 'events',
  lines: [
    {
      name: 'flat',
      points: [
        [1000, 0.2],
        [100_000, 0.2],
      ],
    },
    {
      name: 'grows',
      points: [
        [1000, 1],
        [100_000, 100],
      ],
    },
    {
      name: 'also flat',
      points: [
        [1000, 0.2],
        [100_000, 0.2],
      ],
    },
  ],
};

const GROWTH: Growth = {
  events: [
    {
      size: 1000,
      week: { resources: 20, instances: 25 },
      same: { resources: 300, instances: 400 },
      costs: { get: 0.2, list: 3 },
    },
    {
      size: 10_000,
      week: { resources: 200, instances: 250 },
      same: { resources: 300, instances: 310 },
      costs: { get: 0.2, list: 30 },
    },
  ],
  users: [{ users: 10, provisionSeconds: 1, costs: { get: 0.2 } }],
  rates: undefined,
};

interface Drawn {
  readonly polyline: readonly { readonly points: string }[];
  readonly text: readonly (string | { readonly '#text': string; readonly y: string })[];
}

function drawn(svg: string): Drawn {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', htmlEntities: true });
  return (parser.parse(svg) as { readonly svg: Drawn }).svg;
}

describe('the chart', () => {
  test('is well-formed and has no script, also where a title has characters of markup', () => {
    const svg = chart([PANEL]);
    expect(svg).not.toMatch(/<script|<b>|https?:\/\/(?!www\.w3\.org)/);
    expect(drawn(svg).text.some((text) => typeof text === 'object' && text['#text'] === PANEL.title)).toBe(true);
  });

  test('draws both axes by their logarithm: what is flat is level, what grows as the size goes up', () => {
    const [flat, , grows] = drawn(chart([PANEL])).polyline.map(({ points }) =>
      points.split(' ').map((pair) => pair.split(',').map(Number)),
    );
    expect(flat![0]![1]).toBe(flat![1]![1]);
    // From 1 to 100 of a scale that reaches from 0.1 to 100.
    expect(grows![0]![1]! - grows![1]![1]!).toBeCloseTo((330 * 2) / 3, 0);
  });

  test('no label covers another', () => {
    const labels = drawn(chart([PANEL])).text.filter(
      (text) => typeof text === 'object' && / · .* ms$/.test(String(text['#text'])),
    ) as readonly { readonly y: string }[];
    const places = labels.map(({ y }) => Number(y)).toSorted((one, other) => one - other);
    expect(places).toHaveLength(3);
    expect(Math.min(...places.slice(1).map((place, at) => place - places[at]!))).toBeGreaterThanOrEqual(14);
  });
});

test('what may not grow and what may are two panels, and users a third', () => {
  const found = panels(GROWTH).map(({ lines }) => lines.map(({ name }) => name));
  expect(found).toEqual([['get'], ['list'], ['get']]);
});

test('the table has a row a question and says how much it grew, and what the windows held', () => {
  const text = table(GROWTH);
  expect(text).toContain('| list | 3.00 | 30 | 10.00 × |');
  expect(text).toContain('- 10,000: the week holds 200 events, 250 instances; the window of the same count 300 events');
});

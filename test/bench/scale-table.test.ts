import { expect, test } from 'vitest';
import { scaleOf, scaleTable, type Demand } from '../../bench/scale-table.ts';

const RATES = { put: 1, meeting: 3, invited: 4, view: 2, octetsPerMeeting: 10_000 };
const DEMAND: Demand = { users: 1_000_000, writes: 2000, invitees: 8000, views: 5000, meetings: 10 };

test('nodes are as many as the one that writes on each needs, or as all cores need', () => {
  const scale = scaleOf(RATES, DEMAND, { cores: 4, load: 0.5 });
  // 2,000 × 1 ms + 8,000 × 0.5 ms; 5,000 × 2 ms.
  expect(scale).toMatchObject({
    invitee: 0.5,
    coresForWrites: 6,
    coresForViews: 10,
    nodesByWrites: 12,
    nodesByCores: 8,
  });
  expect(scale).toMatchObject({ nodes: 12, usersPerNode: 83_334 });
  expect(scaleOf(RATES, DEMAND, { cores: 1, load: 0.5 })).toMatchObject({ nodesByCores: 32, nodes: 32 });
});

test('what is stored is each meeting once for all who take part', () => {
  // 1,000,000 × 120 in a year, five people each: 24,000,000 of 10 kB.
  expect(scaleOf(RATES, DEMAND, { cores: 4, load: 0.5 }).terabytesPerYear).toBeCloseTo(0.24);
});

test('the table says each step', () => {
  const text = scaleTable(RATES, DEMAND, { cores: 4, load: 0.5 });
  expect(text).toContain('| each person invited to it | 0.50 ms CPU, 2,000/s of one core |');
  expect(text).toContain('| nodes needed: the larger | 12 |');
});

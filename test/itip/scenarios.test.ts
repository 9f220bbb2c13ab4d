import { expect, test } from 'vitest';
import { runScenario } from './scenario-run.ts';
import { scenarios } from './scenarios.ts';

const ALL = scenarios();

test('there are scenario files, each with a title and an expectation', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(85);
  for (const { name, title, steps } of ALL) {
    expect(title, name).not.toBe('');
    expect(
      steps.some(({ word }) => word.startsWith('expect-')),
      name,
    ).toBe(true);
  }
});

test.each(ALL.map((scenario) => [scenario.name, scenario.title, scenario] as const))('%s: %s', (_, __, scenario) => {
  runScenario(scenario);
});

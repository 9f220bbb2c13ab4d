import { expect, test } from 'vitest';
import { runScenario } from './scenario-run.ts';
import { isOfServer, scenarios } from './scenarios.ts';

const ALL = scenarios();

test('there are scenario files, each with a title and an expectation', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(125);
  for (const { name, title, steps } of ALL) {
    expect(title, name).not.toBe('');
    expect(
      steps.some(({ word }) => word.startsWith('expect-')),
      name,
    ).toBe(true);
  }
});

const PURE = ALL.filter((scenario) => !isOfServer(scenario));

test('but for those that only a server can run, all run over the pure functions', () => {
  expect(ALL.length - PURE.length).toBe(58);
});

test.each(PURE.map((scenario) => [scenario.name, scenario.title, scenario] as const))('%s: %s', (_, __, scenario) => {
  runScenario(scenario);
});

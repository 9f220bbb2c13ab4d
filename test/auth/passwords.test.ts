import { hash } from 'argon2';
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createPasswords } from '../../src/auth/passwords.ts';
import { BadRequest } from '../../src/base/refusal.ts';

const passwords = createPasswords({ concurrent: 4 });

test('a password is verified by its hash, another is not', async () => {
  const stored = await passwords.hash('correct horse');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
  expect(await passwords.verify(stored, 'correct horse')).toBe(true);
  expect(await passwords.verify(stored, 'correct horsf')).toBe(false);
});

test('a letter composed in another way is the same letter', async () => {
  expect(await passwords.verify(await passwords.hash('Zu\u0308rich'), 'Z\u00fcrich')).toBe(true);
});

test('a hash with other parameters is good too', async () => {
  const stored = await hash('old', { timeCost: 2, memoryCost: 1024, parallelism: 1 });
  expect(await passwords.verify(stored, 'old')).toBe(true);
});

test('what is no hash verifies nothing', async () => {
  expect(await passwords.verify('', '')).toBe(false);
  expect(await passwords.verify('secret', 'secret')).toBe(false);
});

test('a password of a megabyte is not hashed', async () => {
  const stored = await passwords.hash('a');
  expect(await passwords.verify(stored, 'a'.repeat(1_000_000))).toBe(false);
});

describe('a flood', () => {
  test('waits in a queue that has an end: beyond it the answer is 503, at once', async () => {
    const bounded = createPasswords({ concurrent: 1, queue: 2 });
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => bounded.verifyNobody('x')));
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    expect(results.length - refused.length).toBe(3);
    for (const error of refused) {
      expect(error).toBeInstanceOf(BadRequest);
      expect(error).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
    }
    await expect(bounded.verifyNobody('x')).resolves.toBeUndefined();
  });

  test('leaves the event loop its core', async () => {
    const flooded = createPasswords({ concurrent: 64 });
    const flood = Array.from({ length: 12 }, () => flooded.verifyNobody('x'));
    const before = process.cpuUsage();
    const start = performance.now();
    await Promise.all(flood);
    const { user, system } = process.cpuUsage(before);
    const cores = (user + system) / 1000 / (performance.now() - start);
    expect(cores).toBeLessThan(Math.max(1, availableParallelism() - 1) + 0.6);
  });
});

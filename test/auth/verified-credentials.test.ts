import { describe, expect, test } from 'vitest';
import type { Passwords } from '../../src/auth/passwords.ts';
import { createVerifiedCredentials } from '../../src/auth/verified-credentials.ts';
import type { Account } from '../../src/auth/verified-credentials.ts';
import { HOUR, MINUTE } from '../../src/base/clock.ts';
import { asPrincipalId } from '../../src/base/ids.ts';
import { BadRequest } from '../../src/base/refusal.ts';

interface World {
  readonly accounts: Map<string, Account>;
  now: number;
  hashes: number;
  lookups: number;
  /** Runs while a password is hashed. */
  meanwhile: () => void;
}

function account(id: string, password: string | undefined, more: Partial<Account> = {}): Account {
  const base = {
    principalId: asPrincipalId(id),
    passwordHash: password,
    admin: false,
    adminReadOnly: false,
    version: 1,
  };
  return { ...base, ...more };
}

function setUp({ maxEntries }: { maxEntries?: number } = {}) {
  const world: World = {
    accounts: new Map([
      ['alice', account('alice', 'secret')],
      ['bob', account('bob', 'hunter2')],
    ]),
    now: 1_000_000,
    hashes: 0,
    lookups: 0,
    meanwhile: () => undefined,
  };
  // Plain text stands for the hash: what is counted is how often one would have been made.
  const work = async (): Promise<void> => {
    world.hashes += 1;
    await Promise.resolve();
    world.meanwhile();
  };
  const passwords: Passwords = {
    hash: (password) => Promise.resolve(password),
    verify: (hash, password) => work().then(() => hash === password),
    verifyNobody: work,
  };
  const credentials = createVerifiedCredentials({
    lookup: (login) => {
      world.lookups += 1;
      return world.accounts.get(login.toLowerCase());
    },
    passwords,
    clock: () => world.now,
    ...(maxEntries === undefined ? {} : { maxEntries }),
  });
  const verify = (login: string, password: string, address = '192.0.2.1') =>
    credentials.verify({ login, password }, address).then((verified) => verified?.principalId);
  return { world, credentials, verify };
}

describe('a verified credential', () => {
  test('costs one hash and one look-up, however often it comes', async () => {
    const { world, verify } = setUp();
    for (let i = 0; i < 5; i += 1) expect(await verify('alice', 'secret')).toBe('alice');
    expect(world).toMatchObject({ hashes: 1, lookups: 1 });
  });

  test('is one check when it comes several times at once', async () => {
    const { world, verify } = setUp();
    const answers = await Promise.all(Array.from({ length: 8 }, () => verify('alice', 'secret')));
    expect(answers).toEqual(Array(8).fill('alice'));
    expect(world.hashes).toBe(1);
  });

  test('is of its name and its password, whatever they are made of', async () => {
    const { world, verify } = setUp();
    world.accounts.set('a', account('a', 'b:c'));
    expect(await verify('a', 'b:c')).toBe('a');
    expect(await verify('a:b', 'c')).toBeUndefined();
    expect(await verify('bob', 'secret')).toBeUndefined();
    expect(await verify('ALICE', 'secret')).toBe('alice');
    expect(await verify('alice', 'Secret')).toBeUndefined();
  });

  test('is hashed again after half an hour', async () => {
    const { world, verify } = setUp();
    await verify('alice', 'secret');
    world.now += 29 * MINUTE;
    await verify('alice', 'secret');
    expect(world.hashes).toBe(1);
    world.now += 2 * MINUTE;
    await verify('alice', 'secret');
    expect(world.hashes).toBe(2);
  });

  test('says what the account may', async () => {
    const { world, credentials } = setUp();
    world.accounts.set('root', account('root', 'r', { admin: true }));
    expect(await credentials.verify({ login: 'root', password: 'r' }, '')).toEqual({
      principalId: 'root',
      admin: true,
      adminReadOnly: false,
      credential: 'password',
    });
  });

  test('makes room for others', async () => {
    const { world, verify } = setUp({ maxEntries: 1 });
    await verify('alice', 'secret');
    await verify('bob', 'hunter2');
    await verify('alice', 'secret');
    expect(world.hashes).toBe(3);
  });
});

describe('a password change', () => {
  test('counts at once, for the old password and the new', async () => {
    const { world, credentials, verify } = setUp();
    await verify('alice', 'secret');
    expect(await verify('alice', 'new')).toBeUndefined();
    world.accounts.set('alice', account('alice', 'new', { version: 2 }));
    credentials.forget(asPrincipalId('alice'));
    expect(await verify('alice', 'secret')).toBeUndefined();
    expect(await verify('alice', 'new')).toBe('alice');
  });

  test('leaves the others their credentials without a hash', async () => {
    const { world, credentials, verify } = setUp();
    await verify('bob', 'hunter2');
    credentials.forget(asPrincipalId('alice'));
    expect(await verify('bob', 'hunter2')).toBe('bob');
    expect(world.hashes).toBe(1);
  });

  test('while the old password is being hashed counts too', async () => {
    const { world, credentials, verify } = setUp();
    world.meanwhile = () => {
      world.accounts.set('alice', account('alice', 'new'));
      credentials.forget(asPrincipalId('alice'));
    };
    expect(await verify('alice', 'secret')).toBeUndefined();
    world.meanwhile = () => undefined;
    expect(await verify('alice', 'secret')).toBeUndefined();
    expect(await verify('alice', 'new')).toBe('alice');
  });

  test.each(['recheck', 'clear'] as const)('in another process counts after %s', async (notice) => {
    const { world, credentials, verify } = setUp();
    await verify('alice', 'secret');
    world.accounts.set('alice', account('alice', 'new'));
    credentials[notice]();
    expect(await verify('alice', 'secret')).toBeUndefined();
    expect(await verify('alice', 'new')).toBe('alice');
  });

  test('that makes an end of the log-in is one', async () => {
    const { world, credentials, verify } = setUp();
    await verify('alice', 'secret');
    world.accounts.delete('alice');
    credentials.recheck();
    expect(await verify('alice', 'secret')).toBeUndefined();
  });
});

describe('writes of another process', () => {
  test('cost a look-up, not a hash, and bring what else has changed', async () => {
    const { world, credentials, verify } = setUp();
    await verify('alice', 'secret');
    world.accounts.set('alice', account('alice', 'secret', { admin: true, version: 2 }));
    credentials.recheck();
    expect(await credentials.verify({ login: 'alice', password: 'secret' }, '')).toMatchObject({ admin: true });
    await verify('alice', 'secret');
    expect(world).toMatchObject({ hashes: 1, lookups: 2 });
  });

  test('that never cease do not keep a credential from being known', async () => {
    const { world, credentials, verify } = setUp();
    world.meanwhile = () => credentials.recheck();
    await verify('alice', 'secret');
    expect(await verify('alice', 'secret')).toBe('alice');
    expect(world.hashes).toBe(1);
  });
});

describe('who is nobody', () => {
  test('costs a hash as somebody does: unknown, without a password, or with a wrong one', async () => {
    const { world, verify } = setUp();
    world.accounts.set('room', account('room', undefined));
    for (const login of ['alice', 'nobody', 'room']) {
      const before = world.hashes;
      expect(await verify(login, 'wrong')).toBeUndefined();
      expect(world.hashes - before).toBe(1);
      // The second time is as quick for all of them.
      expect(await verify(login, 'wrong')).toBeUndefined();
      expect(world.hashes - before).toBe(1);
    }
  });

  test('with an old password in a device is no guesser, and costs a hash a minute', async () => {
    const { world, verify } = setUp();
    for (let i = 0; i < 100; i += 1) expect(await verify('alice', 'old')).toBeUndefined();
    expect(world.hashes).toBe(1);
    expect(await verify('alice', 'secret')).toBe('alice');
  });
});

describe('a guesser', () => {
  async function guess(verify: (login: string, password: string, address?: string) => Promise<unknown>, times: number) {
    let checked = 0;
    for (let i = 0; i < times; i += 1) {
      try {
        await verify('alice', `guess-${Math.random()}`, '198.51.100.9');
        checked += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(BadRequest);
        expect(error).toMatchObject({ status: 429 });
      }
    }
    return checked;
  }

  test('is slowed down to one guess a minute, with Retry-After', async () => {
    const { world, verify } = setUp();
    expect(await guess(verify, 100)).toBe(10);
    expect(world.hashes).toBe(10);
    await expect(verify('alice', 'x', '198.51.100.9')).rejects.toMatchObject({ headers: { 'Retry-After': '1' } });
    let checked = 0;
    for (let second = 0; second < 3600; second += 1) {
      world.now += 1000;
      checked += await guess(verify, 1);
    }
    expect(checked).toBeLessThan(70);
  });

  test('all at once is no better', async () => {
    const { world, verify } = setUp();
    await Promise.allSettled(Array.from({ length: 50 }, (_, i) => verify('alice', `guess-${i}`, '198.51.100.9')));
    expect(world.hashes).toBe(10);
  });

  test('does not slow down the owner elsewhere, nor one who is logged in at the same address', async () => {
    const { verify } = setUp();
    expect(await verify('alice', 'secret', '198.51.100.9')).toBe('alice');
    await guess(verify, 50);
    expect(await verify('alice', 'secret', '198.51.100.9')).toBe('alice');
    expect(await verify('alice', 'secret', '192.0.2.7')).toBe('alice');
    expect(await verify('bob', 'hunter2', '198.51.100.9')).toBe('bob');
  });

  test('keeps the owner at the same address waiting a minute at most', async () => {
    const { world, verify } = setUp();
    for (let i = 0; i < 60; i += 1) {
      await guess(verify, 1);
      world.now += MINUTE;
    }
    await guess(verify, 1);
    world.now += MINUTE;
    expect(await verify('alice', 'secret', '198.51.100.9')).toBe('alice');
  });

  test('is forgotten after an hour of quiet', async () => {
    const { world, verify } = setUp();
    await guess(verify, 50);
    world.now += 2 * HOUR;
    expect(await guess(verify, 50)).toBe(10);
  });

  test('is not who came when the server was too busy', async () => {
    const { world, verify } = setUp();
    world.meanwhile = () => {
      throw new BadRequest('busy', { status: 503 });
    };
    for (let i = 0; i < 30; i += 1) await expect(verify('alice', `try-${i}`)).rejects.toMatchObject({ status: 503 });
    world.meanwhile = () => undefined;
    expect(await verify('alice', 'secret')).toBe('alice');
  });
});

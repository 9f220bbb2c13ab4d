import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';

import { createNotices } from '../../src/store/postgres-notices.ts';
import { SILENT_LOG } from '../dav-server.ts';
import { postgresForTests } from '../postgres/database.ts';

const postgres = await postgresForTests();

if ('missing' in postgres) {
  describe.skip(`PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  const url = await postgres.create();
  const pool = new pg.Pool({ connectionString: url });
  afterAll(() => pool.end());

  test('a write that could not be told at once is told when the database answers again', async () => {
    let failures = 0;
    // Of a pool, notices use this alone.
    const broken = {
      query: (...given: [string, unknown[]]) =>
        failures++ === 0 ? Promise.reject(new Error('Connection terminated')) : pool.query(...given),
    } as pg.Pool;
    const teller = await createNotices(url, broken, SILENT_LOG);
    const listener = await createNotices(url, pool, SILENT_LOG);
    const heard = new Promise<void>((resolve) => listener.listen(resolve));
    teller.tell();
    await heard;
    expect(failures).toBe(2);
    await teller.close();
    await listener.close();
  });

  test('what cannot be told does not keep the process from its end', async () => {
    const broken = { query: () => Promise.reject(new Error('Connection terminated')) };
    const notices = await createNotices(url, broken as unknown as pg.Pool, SILENT_LOG);
    notices.tell();
    await notices.close();
    expect(await Promise.resolve('ended')).toBe('ended');
  });
}

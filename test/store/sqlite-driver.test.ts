import { expect, test } from 'vitest';

import { openStore } from '../../src/store/store.ts';
import { services } from '../contract/store-engine.ts';

test('parameters are written so that no plan depends on their values', async () => {
  const store = await openStore({ sqlite: ':memory:' }, services);
  try {
    const query = store.db.selectFrom('objects').select('id').where('collection_id', '=', 'x').orderBy('seq').limit(5);
    const { sql, parameters } = query.compile();
    expect(sql).toContain('"collection_id" = +?');
    expect(sql).toContain('limit +?');
    expect(parameters).toEqual(['x', 5]);
  } finally {
    await store.close();
  }
});

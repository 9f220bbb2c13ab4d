import { describe } from 'vitest';

import { openStore } from '../../src/store/store.ts';
import { services } from '../contract/store-engine.ts';
import { storeContract } from '../contract/store.ts';
import { postgresForTests } from '../postgres/database.ts';

const postgres = await postgresForTests();

if ('missing' in postgres) {
  describe.skip(`the store on PostgreSQL: not installed are ${postgres.missing}`, () => undefined);
} else {
  storeContract({
    name: 'PostgreSQL',
    runs: 25,
    async create() {
      const url = await postgres.create();
      return { open: () => openStore({ postgres: url }, services), remove: () => Promise.resolve() };
    },
  });
}

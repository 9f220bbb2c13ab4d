import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore } from '../../src/store/store.ts';
import { services } from '../contract/store-engine.ts';
import { storeContract } from '../contract/store.ts';

storeContract({
  name: 'SQLite',
  runs: 100,
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'kalends-test-'));
    return {
      open: () => openStore({ sqlite: join(folder, 'data', 'kalends.db') }, services),
      remove: () => rm(folder, { recursive: true }),
    };
  },
});

import { afterAll, inject } from 'vitest';

import { clusterOrReason, createDatabase } from './cluster.ts';
import type {} from './global-setup.ts';

export type TestPostgres = { readonly missing: string } | { create(): Promise<string> };

/**
 * For a test file: makes empty databases, in the run's cluster (global-setup.ts) or, where the run has none, in one
 * of the file's own. Or tells what is missing on this machine.
 */
export async function postgresForTests(): Promise<TestPostgres> {
  // Not provided where the file is run under another configuration.
  const provided = inject('postgres') as ReturnType<typeof inject<'postgres'>> | undefined;
  if (provided !== undefined) return 'missing' in provided ? provided : { create: () => createDatabase(provided.url) };
  const own = await clusterOrReason();
  if ('missing' in own) return own;
  afterAll(() => own.stop());
  return { create: () => createDatabase(own.url) };
}

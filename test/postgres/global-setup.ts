import type { TestProject } from 'vitest/node';

import { clusterOrReason } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the maintenance database of the run's cluster, or why there is none. */
    postgres: { readonly url: string } | { readonly missing: string };
  }
}

/** One cluster for the whole run; every test file makes its own databases in it. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const server = await clusterOrReason();
  if ('missing' in server) {
    provide('postgres', { missing: server.missing });
    return () => Promise.resolve();
  }
  provide('postgres', { url: server.url });
  return () => server.stop();
}

import { readFileSync } from 'node:fs';

/** The version of the package, from the package.json beside src/ and dist/. */
export const VERSION = readVersion();

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string; // our own package.json
  };
  return version;
}

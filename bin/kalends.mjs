#!/usr/bin/env node
// The command-line entry. It looks at the version of Node before anything native is loaded: the native packages
// crash Node 20 with a segmentation fault.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { nodeProblem } from './node-version.mjs';

const problem = nodeProblem(process.versions.node);
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
// A verb starts in half the time: a mail server that pipes starts one for each mail. Whoever may write into the folder may write
// the program itself, too; who may not, starts as slowly as ever.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/kalends', import.meta.url)));
// While a server is loaded, V8 would make room for what is young, and keep it; src/base/heap.ts lets it grow afterwards.
if (process.argv[2] === 'serve') v8.setFlagsFromString('--semi-space-growth-factor=1');
// A clone runs its TypeScript as it is; the published package holds dist/ and no src/.
const source = new URL('../src/cli.ts', import.meta.url);
const built = new URL('../dist/app/cli.js', import.meta.url);
const { main } = await import((existsSync(fileURLToPath(source)) ? source : built).href);
process.exitCode = await main(process.argv.slice(2));

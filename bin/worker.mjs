// The entry of the processes that `kalends serve --workers N` starts; see src/workers/. Nobody calls it by hand.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

// Ctrl-C and systemd tell all processes at once. The one that writes tells the others when to end, also while they load.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/kalends', import.meta.url)));
// As in kalends.mjs.
v8.setFlagsFromString('--semi-space-growth-factor=1');
const source = new URL('../src/workers/worker.ts', import.meta.url);
const built = new URL('../dist/app/worker.js', import.meta.url);
const { work } = await import((existsSync(fileURLToPath(source)) ? source : built).href);
await work();

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../test/live-server.ts';

interface Package {
  readonly files: readonly string[];
}

/**
 * Builds this checkout and lays what a package of it would hold into an empty folder, with the dependencies that are installed
 * here: a server that is started there runs what was built, as with whoever has installed it.
 */
export function layBuiltTree(folder: string): void {
  const built = spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`npm run build ended with ${built.status}:\n${built.stdout}${built.stderr}`);
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Package;
  for (const name of ['package.json', ...files]) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  // A folder of its own, so that the cache of compiled code, which lies in it, begins empty.
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

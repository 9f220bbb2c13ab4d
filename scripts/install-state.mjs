// Decides whether `npm ci` is needed. Plain JavaScript that Node 18 runs, without packages: it is read before the install.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Why the packages under `root` do not match its lock file; undefined: they do.
 *
 * The versions are compared, not the times of the files: a checkout or a copy changes times without changing
 * packages. Packages for other platforms (optional ones) may be absent.
 */
export function missingInstall(root, env = {}) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) return 'package-lock.json cannot be read';
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'node_modules is missing';
  const omitsDev = env.NODE_ENV === 'production' || /\bdev\b/.test(env.npm_config_omit || '');
  for (const path of Object.keys(wanted)) {
    const entry = wanted[path];
    if (path === '' || entry.link || entry.optional || entry.devOptional || (omitsDev && entry.dev)) continue;
    const found = installed[path];
    if (found === undefined) return `${path} is missing`;
    if (found.version !== entry.version) return `${path} is ${found.version}, the lock file says ${entry.version}`;
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is missing`;
  }
  if (
    !omitsDev &&
    wanted['node_modules/node'] !== undefined &&
    !existsSync(join(root, 'node_modules', '.bin', 'node'))
  ) {
    return 'node_modules/.bin/node is missing';
  }
  return undefined;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined; // absent or cut off by an interrupted install: both are mended by installing
  }
}

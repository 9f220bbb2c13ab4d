import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, and those above it that are missing, for its owner alone. Throws the system's error where one cannot
 * be made. One by one: Node's own recursion never ends where the system says ENOENT below a folder that exists, as
 * /proc does.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (
    let folder = resolve(path);
    statSync(folder, { throwIfNoEntry: false }) === undefined;
    folder = dirname(folder)
  ) {
    missing.unshift(folder);
  }
  for (const folder of missing) make(folder);
  // What is there and is no folder is told as such.
  if (missing.length === 0 && !statSync(path).isDirectory()) mkdirSync(path);
}

function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process that starts at the same time made it.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

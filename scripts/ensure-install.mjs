// Runs before `npm start`, `npm test`, `npm run kalends` and `npm run bench`: installs what is missing, Node 24 included.
// Prints nothing when nothing is missing, and never writes to stdout, which belongs to the command that follows.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingInstall } from './install-state.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reason = missingInstall(root, process.env);
if (reason !== undefined) process.exit(install());

function install() {
  console.error(`kalends: installing packages (${reason}) …`);
  // The version of npm that runs this script, where npm does: it is a JavaScript file that this Node can run.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const [command, line] = npm ? [process.execPath, [npm, ...args]] : ['npm', args];
  const { status, error } = spawnSync(command, line, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: !npm && process.platform === 'win32',
  });
  const still = status === 0 ? missingInstall(root, process.env) : `npm ci ended with ${status ?? error?.message}`;
  if (still === undefined) {
    console.error('kalends: packages are installed.');
    return 0;
  }
  console.error(`kalends: the packages could not be installed: ${still}.`);
  console.error('kalends: see the lines above; with access to the npm registry, run `npm ci` and try again.');
  return 1;
}

// Types, rules and format of the whole checkout, side by side, as one core each does for them. Runs by npm, which has
// node_modules/.bin on the path. Exits 1 where one of them finds something.
import { spawn } from 'node:child_process';

const CHECKS = ['tsc -p .', 'eslint .', 'prettier --check --log-level warn .'];

function check(command) {
  const { promise, resolve } = Promise.withResolvers();
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk));
  child.on('error', (error) => resolve({ command, failed: true, said: error.message }));
  child.on('close', (code) => resolve({ command, failed: code !== 0, said: Buffer.concat(said).toString('utf8') }));
  return promise;
}

for (const { command, failed, said } of await Promise.all(CHECKS.map(check))) {
  if (said !== '') process.stderr.write(said);
  if (!failed) continue;
  console.error(`${command} found something`);
  process.exitCode = 1;
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kalends, removeDir, startServer, temporaryDir } from '../live-server.ts';
import { readCard, readText } from '../vcard/card-reader.ts';

const PEOPLE = {
  users: [
    { id: 'anna', name: 'Anna Example', emails: ['anna@example.com'] },
    {
      id: 'ben',
      name: 'Ben; Müller, Example',
      emails: ['ben@example.com', 'b@example.com'],
      password: 'bens password',
    },
  ],
  rooms: [{ id: 'aula', name: 'Aula', emails: ['aula@example.com'] }],
  groups: [{ id: 'staff', name: 'Staff', members: ['anna', 'ben'] }],
};
const CHANGED = {
  users: [
    { id: 'ben', name: 'Ben Miller', emails: ['ben@example.com'] },
    { id: 'cleo', name: 'Cleo', emails: ['cleo@example.com'] },
  ],
};

export const hasVdirsyncer = (): boolean => spawnSync('vdirsyncer', ['--version']).status === 0;

/**
 * vdirsyncer finds the directory from the server's address alone, copies it into files, and follows what changes.
 * Returns what is not as it should be.
 */
export async function checkAddressBook(): Promise<readonly string[]> {
  const dataDir = temporaryDir('address-book');
  const here = temporaryDir('vdirsyncer');
  try {
    provision(PEOPLE, dataDir, here);
    const server = await startServer({ dataDir, args: ['--log-level', 'warn'] });
    try {
      configure(here, server.url);
      const wrong = [...run(here, 'discover'), ...run(here, 'sync')];
      wrong.push(...compare(here, 'at first', ['Anna Example', 'Aula', 'Ben; Müller, Example', 'Staff']));
      provision(CHANGED, dataDir, here);
      kalends('user', 'remove', 'anna', '--yes', '--data', dataDir);
      wrong.push(...run(here, 'sync'));
      return [...wrong, ...compare(here, 'after changes', ['Aula', 'Ben Miller', 'Cleo', 'Staff'])];
    } finally {
      await server.stop();
    }
  } finally {
    removeDir(dataDir);
    removeDir(here);
  }
}

function provision(people: object, dataDir: string, here: string): void {
  const file = join(here, 'people.json');
  writeFileSync(file, JSON.stringify(people));
  kalends('provision', file, '--data', dataDir);
}

function configure(here: string, url: string): void {
  mkdirSync(join(here, 'cards'), { recursive: true });
  const config = `[general]
status_path = "${here}/status/"
[pair book]
a = "local"
b = "remote"
collections = ["from b"]
conflict_resolution = "b wins"
[storage local]
type = "filesystem"
path = "${here}/cards/"
fileext = ".vcf"
[storage remote]
type = "carddav"
url = "${url}"
username = "ben"
password = "bens password"
read_only = true
`;
  writeFileSync(join(here, 'config'), config);
}

function run(here: string, verb: string): readonly string[] {
  const { status, stderr } = spawnSync('vdirsyncer', ['--config', join(here, 'config'), verb], {
    // To each question whether a local folder shall be made.
    input: 'y\n'.repeat(10),
    encoding: 'utf8',
  });
  return status === 0 ? [] : [`vdirsyncer ${verb} ended with ${status}: ${stderr.slice(-2000)}`];
}

/** The names in the files that vdirsyncer has, against those of the directory. */
function compare(here: string, when: string, names: readonly string[]): readonly string[] {
  const folder = join(here, 'cards', 'directory');
  const cards = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r?\n/g, '\r\n'));
  const found = cards.map((card) => readText(readCard(card).find(({ name }) => name === 'FN')?.raw ?? ''));
  const isSame = JSON.stringify(found.toSorted()) === JSON.stringify(names);
  return isSame ? [] : [`vdirsyncer, ${when}: has ${found.join(' | ')}, not ${names.join(' | ')}`];
}

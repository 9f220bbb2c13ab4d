import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Cluster, startCluster } from '../../test/postgres/cluster.ts';
import { freePort, isRoot, launch, PASSWORD, type Peer, runToEnd, USER } from './peer.ts';

const DAVICAL = '/usr/share/davical';
const MODULES = '/usr/lib/apache2/modules';
const DATABASE = 'davical';

/** Its pages as they were installed, but for where they look for their configuration. */
function copySite(dir: string, socket: string): string {
  const site = join(dir, 'site');
  cpSync(join(DAVICAL, 'htdocs'), join(site, 'htdocs'), { recursive: true });
  for (const folder of ['inc', 'locale']) symlinkSync(join(DAVICAL, folder), join(site, folder));
  const start = join(site, 'htdocs/always.php');
  const configuration = join(site, 'config');
  writeFileSync(start, readFileSync(start, 'utf8').replaceAll('/etc/davical', configuration));
  mkdirSync(configuration);
  writeFileSync(
    join(configuration, 'config.php'),
    `<?php\n$c->pg_connect[] = 'host=${socket} dbname=${DATABASE} user=davical_app';\n`,
  );
  return join(site, 'htdocs');
}

/** The module of PHP has the version in its name. */
function phpModule(): string {
  const names = existsSync(MODULES) ? readdirSync(MODULES) : [];
  const name = names.find((each) => /^libphp[\d.]*\.so$/.test(each));
  if (name === undefined) throw new Error(`no libphp*.so in ${MODULES}`);
  return join(MODULES, name);
}

const configuration = (dir: string, pages: string, port: number): string => `ServerRoot ${dir}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile ${dir}/apache.pid
ErrorLog ${dir}/error.log
DefaultRuntimeDir ${dir}
Mutex pthread
${isRoot ? 'User postgres\nGroup postgres' : ''}
LoadModule mpm_prefork_module ${MODULES}/mod_mpm_prefork.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule mime_module ${MODULES}/mod_mime.so
LoadModule php_module ${phpModule()}
TypesConfig /etc/mime.types
StartServers 4
MinSpareServers 4
MaxSpareServers 8
MaxRequestWorkers 16
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
DocumentRoot ${pages}
<Directory ${pages}>
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
php_value include_path .:/usr/share/php:/usr/share/awl/inc
php_admin_value memory_limit 1G
`;

/** Its database, made by its own script, and the user as its administration page would. */
async function fillDatabase(socket: string, superuser: string): Promise<void> {
  runToEnd('sh', [join(DAVICAL, 'dba/create-database.sh'), DATABASE, PASSWORD], { PGHOST: socket, PGUSER: superuser });
  const client = new pg.Client({ host: socket, user: superuser, database: DATABASE });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO usr (user_no, active, email_ok, updated, username, password, fullname, email)
       VALUES (1001, TRUE, current_date, current_date, $1, $2, 'Bench', 'bench@example.com')`,
      [USER, `**${PASSWORD}`],
    );
    await client.query(
      `INSERT INTO principal (principal_id, type_id, user_no, displayname, default_privileges)
       VALUES (1001, 1, 1001, 'Bench', 0::BIT(24))`,
    );
  } finally {
    await client.end();
  }
}

async function startPages(dir: string, cluster: Cluster): ReturnType<Peer['start']> {
  const { searchParams, username } = new URL(cluster.url);
  const socket = searchParams.get('host') ?? '';
  await fillDatabase(socket, username || userInfo().username);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, 'apache.conf'), configuration(dir, copySite(dir, socket), port));
  const args = ['-f', join(dir, 'apache.conf'), '-D', 'FOREGROUND'];
  const apache = await launch({ program: '/usr/sbin/apache2', args, dir, url: `${url}caldav.php/` });
  return {
    url,
    user: USER,
    password: PASSWORD,
    home: `/caldav.php/${USER}/`,
    pids: [apache.pid, cluster.pid],
    async stop() {
      await apache.stop();
      await cluster.stop();
    },
  };
}

/** DAViCal in Apache with PHP as its module, on a PostgreSQL of its own that waits for the disk as it does by default. */
export const davical: Peer = {
  name: 'davical',
  packages: ['davical', 'apache2-bin', 'libapache2-mod-php', 'php-pgsql', 'postgresql'],
  async start(dir) {
    const cluster = await startCluster([]);
    try {
      return await startPages(dir, cluster);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  },
};

import type { Config } from '../config.ts';
import type { NewAdministrator } from '../first-start.ts';

export interface SetUp {
  /** `http://127.0.0.1:8080/` or the public address. */
  readonly address: string;
  readonly administrator: NewAdministrator;
  readonly config: Config;
  /** How a verb is called where the server was started: `kalends VERB --data DIR`. */
  readonly kalends?: (verb: string) => string;
}

/** What a person reads once, after the first start: log-in, what to type into each client, what is missing. */
export function setUpText({ address, administrator: { id, password }, config, kalends = plainly }: SetUp): string {
  const { hostname, port, protocol } = new URL(address);
  const isTls = protocol === 'https:';
  return [
    '',
    'This is the first start: an administrator was created.',
    '',
    `  Address    ${address}`,
    `  Log-in     ${id}`,
    `  Password   ${password}      shown only now; another is set by`,
    `             ${kalends(`user passwd ${id}`)}`,
    '',
    'What to type into a client:',
    '',
    '  Apple Calendar   Settings > Accounts > + > Other CalDAV Account, account type Advanced:',
    `                   user name ${id}, server address ${hostname}, port ${port || (isTls ? '443' : '80')},`,
    `                   server path /dav/principals/users/${id}/, Use SSL ${isTls ? 'on' : 'off'}`,
    `  Thunderbird      New Calendar > On the Network: user name ${id}, location ${address}`,
    `  DAVx5            + > Login with URL and user name: base URL ${address}, user name ${id}`,
    '  vdirsyncer       in its config:  type = "caldav"',
    `                                   url = "${address}"`,
    `                                   username = "${id}"`,
    '                                   password.fetch = ["prompt", "Password"]',
    '',
    `More people:     ${kalends('user add NAME')}`,
    `Many at once:    ${kalends('provision FILE.json')}`,
    ...missingText(address, config),
    '',
    '',
  ].join('\n');
}

const plainly = (verb: string): string => `kalends ${verb}`;

/** What stands between this server and a telephone. */
function missingText(address: string, config: Config): readonly string[] {
  const missing = missingForPhones(address, config);
  return missing.length === 0 ? [] : ['', 'To reach it from a phone, this is missing:', '', ...missing];
}

export function missingForPhones(address: string, { host, tlsCert, publicUrl }: Config): readonly string[] {
  const isLocal = /^(127\.|localhost$|::1$|\[::1\]$)/.test(host);
  const isSecure = tlsCert !== undefined || publicUrl?.startsWith('https:') === true;
  return [
    ...(isSecure
      ? []
      : [
          '  TLS          iPhones send no password without it: --tls-cert FILE --tls-key FILE,',
          '               or a proxy such as Caddy in front and --trust-proxy',
        ]),
    ...(publicUrl === undefined
      ? [`  public URL   --public-url https://calendar.example.org: links say ${address} until then`]
      : []),
    // Behind a proxy of the same machine, listening on it alone is right.
    ...(isLocal && (tlsCert !== undefined || publicUrl === undefined)
      ? ['  network      the server listens to this machine alone: --host 0.0.0.0, or the proxy in front']
      : []),
  ];
}

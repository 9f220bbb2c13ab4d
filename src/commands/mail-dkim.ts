import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { makeFolder } from '../make-folder.ts';
import { CommandFailure, UsageError, type Call, type Command } from './command.ts';

/** RFC 8301 §3.2: signers should use 2048 bits; of more, the record is too long for some providers. */
const BITS = 2048;

export const mailDkim: Command = {
  arguments: '',
  positionals: [0, 0],
  options: {
    domain: { value: 'D', doc: 'domain that signs (mail.dkim.domain, or the one of mail.from)' },
    selector: { value: 'S', doc: 'name of the key in the DNS (mail.dkim.selector)' },
    out: { value: 'FILE', doc: 'where the private key is written (dkim-DOMAIN.pem in the data folder)' },
  },
  notes: 'A key that is there is kept: its records are printed again.',
  async run(call) {
    const domain = domainOf(call);
    const selector = call.option('selector') ?? call.config.mail.dkim.selector;
    if (!isName(selector)) throw new UsageError(`--selector: expected a name for the DNS, got "${selector}"`);
    const file = fileOf(call, domain);
    const isKept = existsSync(file);
    const key = isKept ? readKey(file) : makeKey(file);
    call.io.stdout.write(textOf({ domain, selector, file, isKept, key, host: call.config.mail.host }));
    return 0;
  },
};

const isName = (text: string): boolean => /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9])?$/i.test(text);

function domainOf({ option, config }: Call): string {
  const { dkim, from } = config.mail;
  const domain = option('domain') ?? dkim.domain ?? from?.slice(from.lastIndexOf('@') + 1);
  if (domain === undefined) throw new UsageError('--domain is missing, and mail.from is not set');
  if (!isName(domain)) throw new UsageError(`--domain: expected a domain, got "${domain}"`);
  return domain.toLowerCase();
}

function fileOf({ option, config }: Call, domain: string): string {
  const { keyFile, domain: known } = config.mail.dkim;
  const out = option('out') ?? (known === domain ? keyFile : undefined);
  if (out !== undefined) return out;
  makeFolder(config.data);
  return join(config.data, `dkim-${domain}.pem`);
}

function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Whoever has it can sign in the name of the domain; and what is there meanwhile is not written over.
  writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  return privateKey;
}

function readKey(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file));
  } catch (cause) {
    throw new CommandFailure(`${file} is there, and is no private key in PEM; --out names another file`, { cause });
  }
}

interface Made {
  readonly domain: string;
  readonly selector: string;
  readonly file: string;
  readonly isKept: boolean;
  readonly key: KeyObject;
  readonly host: Config['mail']['host'];
}

function textOf({ domain, selector, file, isKept, key, host }: Made): string {
  const spf = host === undefined ? 'v=spf1 mx ~all' : `v=spf1 mx a:${host} ~all`;
  return [
    isKept ? `${file} is kept` : `made ${file}`,
    '',
    `In the DNS of ${domain}:`,
    '',
    `${selector}._domainkey.${domain}. IN TXT ${quoted(dkimRecord(key))}`,
    '',
    'If it has no such records yet; if it has, the first must name the mail server as well:',
    '',
    `${domain}. IN TXT ${quoted(spf)}`,
    `_dmarc.${domain}. IN TXT ${quoted('v=DMARC1; p=none')}`,
    '',
    'In the configuration:',
    '',
    JSON.stringify({ mail: { dkim: { domain, selector, keyFile: file } } }),
    '',
  ].join('\n');
}

/** RFC 6376 §3.6.1; of Ed25519 the key itself (RFC 8463 §4). */
function dkimRecord(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  const octets = isEd25519 ? der.subarray(-32) : der;
  return `v=DKIM1; k=${isEd25519 ? 'ed25519' : 'rsa'}; p=${octets.toString('base64')}`;
}

/** A text of the DNS has strings of 255 octets at most (RFC 1035 §3.3). */
const quoted = (text: string): string => (text.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ');

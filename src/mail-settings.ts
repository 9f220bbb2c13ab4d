import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SECOND } from './base/clock.ts';
import type { MailSettings } from './calendar/context.ts';
import { ConfigError, type Config } from './config.ts';
import type { MailPolicy } from './mail/outgoing.ts';
import type { SmtpServer } from './mail/smtp-session.ts';

/**
 * How people elsewhere are told; undefined: they are not, for there is no SMTP server.
 *
 * @throws ConfigError if the DKIM key cannot be used.
 */
export function mailSettingsOf({ mail, publicUrl }: Pick<Config, 'mail' | 'publicUrl'>): MailSettings | undefined {
  const { host, from, bounce, domains, organizer, reply, language, holdSeconds } = mail;
  if (host === undefined || from === undefined) return undefined;
  const policy = { from, bounce: bounce ?? from, domains, organizer, dkim: dkimOf(mail.dkim) };
  return { policy, reply, language, hold: holdSeconds * SECOND, publicUrl };
}

/** The server that takes outgoing mail; undefined: there is none. */
export function smtpServerOf({ mail, publicUrl }: Pick<Config, 'mail' | 'publicUrl'>): SmtpServer | undefined {
  const { host, port, secure, tls, user, password } = mail;
  if (host === undefined) return undefined;
  const login = user === undefined || password === undefined ? undefined : { user, password };
  return { host, port, secure, tls, login, name: nameOf(publicUrl) };
}

/** RFC 5321 §4.1.1.1: the name of this host, as others know it. */
function nameOf(publicUrl: string | undefined): string | undefined {
  if (publicUrl === undefined) return undefined;
  const { hostname } = new URL(publicUrl);
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i.test(hostname) ? hostname : undefined;
}

/** Read once: a key that is replaced counts from the next start. */
function dkimOf({ domain, selector, keyFile }: Config['mail']['dkim']): MailPolicy['dkim'] {
  if (domain === undefined || keyFile === undefined) return undefined;
  return { domain, selector, privateKey: readKey(keyFile) };
}

/** RFC 8301 §3.2: RSA keys are of 1024 bits at least; RFC 8463: Ed25519. */
function readKey(file: string): string {
  const wrong = (reason: string, cause?: unknown) => new ConfigError(`mail.dkim.keyFile: ${file} ${reason}`, { cause });
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    throw wrong(
      `cannot be read (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'})`,
      cause,
    );
  }
  let key;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw wrong('is no private key in PEM without a password', cause);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const isGood = type === 'ed25519' || (type === 'rsa' && (details?.modulusLength ?? 0) >= 1024);
  if (!isGood) throw wrong('is neither an RSA key of 1024 bits or more nor an Ed25519 key');
  return pem;
}

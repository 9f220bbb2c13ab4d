import { addressKey, type IsMe } from '../itip/address.ts';
import type { CalendarUser, Directory } from '../scheduling/directory.ts';
import { findPrincipal, principalByAddress, principalByGuid } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import type { Principal } from './model.ts';

/** The path of a principal, with or without an origin before it, as clients name people by URL (RFC 6638 §2.4.1). */
const PRINCIPAL_PATH = /^(?:https?:\/\/[^/]*)?\/dav\/principals\/(?:users|groups|rooms|resources)\/([^/]+)\/?$/i;
const URN = /^urn:(?:uuid|x-uid):(.+)$/i;

/** A principal as scheduling knows it, by every address that it has. */
export function calendarUser(principal: Principal): CalendarUser {
  return { id: principal.id, me: addressTest(principal), hasHome: principal.kind !== 'group' };
}

function addressTest({ id, guid, emails }: Principal): IsMe {
  const known = new Set(emails.map((email) => addressKey(`mailto:${email}`)));
  const seen = new Map<string, boolean>();
  const isMe = (address: string): boolean =>
    known.has(addressKey(address)) || idIn(address) === id || guidIn(address)?.toLowerCase() === guid.toLowerCase();
  return (address) => {
    const before = seen.get(address);
    if (before !== undefined) return before;
    const answer = isMe(address);
    seen.set(address, answer);
    return answer;
  };
}

function idIn(address: string): string | undefined {
  const segment = PRINCIPAL_PATH.exec(address.trim())?.[1];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

const guidIn = (address: string): string | undefined => URN.exec(address.trim())?.[1];

async function principalAt(db: Db, address: string): Promise<Principal | undefined> {
  const key = addressKey(address);
  if (key.includes('\0')) return undefined;
  if (key.startsWith('mailto:')) return principalByAddress(db, key.slice('mailto:'.length));
  const guid = guidIn(address);
  if (guid !== undefined) {
    const found = await principalByGuid(db, guid);
    return found ?? (await principalByGuid(db, guid.toLowerCase())) ?? principalByGuid(db, guid.toUpperCase());
  }
  const id = idIn(address);
  return id === undefined || id.includes('\0') ? undefined : findPrincipal(db, id);
}

/** A directory that grows: whom it was asked to look up, it knows. */
export interface KnownUsers extends Directory {
  lookUp(addresses: readonly string[]): Promise<void>;
  /** The ids of all that were found. */
  ids(): readonly string[];
}

/** The calendar users of this server, as one transaction sees them. */
export function knownUsers(db: Db): KnownUsers {
  const found = new Map<string, CalendarUser | undefined>();
  const users = new Map<string, CalendarUser>();
  return {
    find: (address) => found.get(addressKey(address)),
    ids: () => [...users.keys()],
    async lookUp(addresses) {
      for (const address of addresses) {
        const key = addressKey(address);
        if (found.has(key)) continue;
        const principal = await principalAt(db, address);
        const user = principal && (users.get(principal.id) ?? calendarUser(principal));
        if (user !== undefined) users.set(user.id, user);
        found.set(key, user);
      }
    },
  };
}

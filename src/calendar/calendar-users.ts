import { addressKey, type IsMe } from '../itip/address.ts';
import type { CalendarUser, Directory } from '../scheduling/directory.ts';
import { findPrincipal, principalByGuid, principalsByAddresses } from '../store/principals.ts';
import type { Db } from '../store/store.ts';
import type { Principal } from './model.ts';
import { answersItself } from './room.ts';

/** The path of a principal, with or without an origin before it, as clients name people by URL (RFC 6638 §2.4.1). */
const PRINCIPAL_PATH = /^(?:https?:\/\/[^/]*)?\/dav\/principals\/(?:users|groups|rooms|resources)\/([^/]+)\/?$/i;
const URN = /^urn:(?:uuid|x-uid):(.+)$/i;

/** A principal as scheduling knows it, by every address that it has. */
export function calendarUser(principal: Principal): CalendarUser {
  const { id, kind, emails } = principal;
  const mail = emails[0] === undefined ? undefined : `mailto:${emails[0]}`;
  const place = kind === 'room' ? 'ROOM' : kind === 'resource' ? 'RESOURCE' : undefined;
  return {
    ...{ id, me: addressTest(principal), mail, place },
    ...{ hasHome: kind !== 'group', answersItself: answersItself(principal) },
  };
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

const MAILTO = 'mailto:';

/** Who has these addresses, by their keys, where they are of mail: of very many at once. */
async function principalsByMail(db: Db, keys: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
  const mails = keys.filter((key) => key.startsWith(MAILTO) && !key.includes('\0') && key.isWellFormed());
  const found = await principalsByAddresses(
    db,
    mails.map((key) => key.slice(MAILTO.length)),
  );
  return new Map([...found].map(([email, principal]) => [MAILTO + email, principal]));
}

/** Who has an address that is none of mail. */
async function principalAt(db: Db, address: string): Promise<Principal | undefined> {
  const key = addressKey(address);
  if (key.includes('\0') || key.startsWith(MAILTO)) return undefined;
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
      const asked = new Map(addresses.map((address) => [addressKey(address), address]));
      const unknown = [...asked].filter(([key]) => !found.has(key));
      const byMail = await principalsByMail(
        db,
        unknown.map(([key]) => key),
      );
      for (const [key, address] of unknown) {
        const principal = byMail.get(key) ?? (await principalAt(db, address));
        const user = principal && (users.get(principal.id) ?? calendarUser(principal));
        if (user !== undefined) users.set(user.id, user);
        found.set(key, user);
      }
    },
  };
}

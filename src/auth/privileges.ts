/** Privileges by their RFC names: RFC 3744 §3, RFC 4791 §6.1.1 (read-free-busy), RFC 6638 §6 (schedule-*). */
export const PRIVILEGES = {
  all: [
    'read',
    'write',
    'read-acl',
    'read-current-user-privilege-set',
    'write-acl',
    'unlock',
    'schedule-deliver',
    'schedule-send',
  ],
  read: ['read-free-busy'],
  write: ['write-properties', 'write-content', 'bind', 'unbind'],
  'read-free-busy': [],
  'read-acl': [],
  'read-current-user-privilege-set': [],
  'write-acl': [],
  unlock: [],
  'write-properties': [],
  'write-content': [],
  bind: [],
  unbind: [],
  'schedule-deliver': ['schedule-deliver-invite', 'schedule-deliver-reply', 'schedule-query-freebusy'],
  'schedule-deliver-invite': [],
  'schedule-deliver-reply': [],
  'schedule-query-freebusy': [],
  'schedule-send': ['schedule-send-invite', 'schedule-send-reply', 'schedule-send-freebusy'],
  'schedule-send-invite': [],
  'schedule-send-reply': [],
  'schedule-send-freebusy': [],
} as const satisfies Record<string, readonly string[]>;

export type Privilege = keyof typeof PRIVILEGES;

/** The privileges given, with everything that each contains (RFC 3744 §3.13). */
export function withContained(granted: readonly Privilege[]): ReadonlySet<Privilege> {
  const all = new Set<Privilege>();
  const add = (privilege: Privilege): void => {
    if (all.has(privilege)) return;
    all.add(privilege);
    PRIVILEGES[privilege].forEach(add);
  };
  granted.forEach(add);
  return all;
}

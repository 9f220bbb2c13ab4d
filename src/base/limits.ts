/**
 * Every bound of the product: name, default and why. `docs/limits.md` is generated from this table, each is a
 * configuration key under `limits`, and the door that enforces it answers with the precondition named here.
 */
export interface Limit {
  readonly default: number;
  readonly unit: string;
  readonly why: string;
  /** How a request past the bound is answered; begins with "later" where nothing asks for it yet. */
  readonly answer: string;
}

const limit = (value: number, unit: string, why: string, answer: string): Limit => ({
  default: value,
  unit,
  why,
  answer,
});

export const LIMITS = {
  requestOctets: limit(100 * 1024 * 1024, 'octets', 'a body is held in memory', '413'),
  bodiesOctets: limit(
    1024 * 1024 * 1024,
    'octets',
    'bodies of all requests under way, held in memory together',
    '503 with Retry-After',
  ),
  xmlOctets: limit(4 * 1024 * 1024, 'octets', 'request XML is parsed into a tree', '413'),
  xmlDepth: limit(64, 'levels', 'nesting costs stack', '400'),
  xmlElements: limit(120_000, 'elements', 'a million properties in one PROPFIND', '400'),
  resourceOctets: limit(10 * 1024 * 1024, 'octets', 'one calendar object resource', '403 max-resource-size'),
  attendeesPerInstance: limit(
    2000,
    'attendees',
    'each is a delivery, members of groups too',
    '403 max-attendees-per-instance',
  ),
  copiesOctets: limit(
    128 * 1024 * 1024,
    'octets',
    'copies of one meeting that differ, from who is in which of its days or by hidden guests, are made and stored each',
    '403 max-attendees-per-instance',
  ),
  mailOctets: limit(
    512 * 1024 * 1024,
    'octets',
    'messages of one change to people elsewhere: each is queued by itself',
    '403 max-attendees-per-instance',
  ),
  collectionsPerHome: limit(1000, 'collections', 'a home is listed whole', '507 quota-not-exceeded'),
  resourcesPerCollection: limit(1_000_000, 'resources', 'disk', '507 quota-not-exceeded'),
  acesPerCollection: limit(
    1000,
    'entries',
    'each is looked at whenever somebody but the owner comes',
    '403 limited-number-of-aces',
  ),
  overridesPerResource: limit(
    5000,
    'overrides',
    'each is a component to be read at every question',
    '403 max-instances',
  ),
  bulkResources: limit(1000, 'resources', 'each is a transaction of its own', '403 max-resources'),
  bulkOctets: limit(10 * 1024 * 1024, 'octets', 'many resources in one request are held in memory', '403 max-bytes'),
  multigetHrefs: limit(20_000, 'hrefs', 'each is a read', '403 number-of-matches-within-limits'),
  reportMatches: limit(
    1_000_000,
    'matches',
    'a guard of last resort: answers are streamed',
    '507 number-of-matches-within-limits',
  ),
  principalMatches: limit(
    1000,
    'principals',
    'a search for people is for a person to choose from',
    '403 number-of-matches-within-limits',
  ),
  expandInstances: limit(100_000, 'instances', 'one expansion of one report', '403 number-of-matches-within-limits'),
  recurrenceSteps: limit(100_000, 'steps', 'work of one expansion of one object', '403 valid-calendar-data'),
  freeBusyDays: limit(
    1830,
    'days',
    'the busy time of many people is held in memory at once',
    '403 number-of-matches-within-limits',
  ),
  livePropertyOctets: limit(
    128 * 1024,
    'octets',
    'one property of a calendar: all calendars of a home are read with theirs',
    '507 quota-not-exceeded',
  ),
  propertyOctets: limit(
    1024 * 1024,
    'octets',
    'one property, dead or live; the dead ones of a resource have four times as much together',
    '507 quota-not-exceeded',
  ),
  deadPropertiesPerResource: limit(1000, 'properties', 'they are read whole', '507 quota-not-exceeded'),
  locksPerHome: limit(1000, 'locks', 'all of a home are read at each change of it', '507 quota-not-exceeded'),
  lockSeconds: limit(24 * 3600, 'seconds', 'a device that is gone must not lock others out', 'a shorter time'),
  homeOctets: limit(10 * 1024 * 1024 * 1024, 'octets', 'all resources of one home', '507 quota-not-exceeded'),
  historyOctets: limit(
    10 * 1024 * 1024 * 1024,
    'octets',
    'past versions of one home, the trash included: as much as a home that is deleted whole',
    'the oldest are forgotten',
  ),
  attachmentOctets: limit(
    100 * 1024 * 1024,
    'octets',
    'attachments of one home; those that only the past names take as much again, and the oldest of them go first',
    '507 quota-not-exceeded',
  ),
  attachmentSize: limit(25 * 1024 * 1024, 'octets', 'one attachment', '403 max-attachment-size'),
  attachmentsPerResource: limit(
    50,
    'attachments',
    'each is a line in every copy of the event',
    '403 max-attachments-per-resource',
  ),
  subscriptionsPerHome: limit(
    100,
    'subscriptions',
    'each is a request of ours to whoever the URL names',
    '507 quota-not-exceeded',
  ),
  feedOctets: limit(
    32 * 1024 * 1024,
    'octets',
    'a feed that is subscribed to is held in memory while it is compared',
    'the calendar stays as it was',
  ),
  feedComponents: limit(
    100_000,
    'components',
    'each component of a feed takes memory and time, however small it is',
    'the calendar stays as it was',
  ),
  linksPerHome: limit(1000, 'links', 'they are listed whole', '507 quota-not-exceeded'),
  linkOctets: limit(
    32 * 1024 * 1024,
    'octets',
    'what a link answers is held in memory while its entity tag is made',
    '507',
  ),
  linkAnswers: limit(
    2,
    'answers',
    'so many links are answered at once, and 64 times as many wait',
    '503 with Retry-After',
  ),
  answerRequests: limit(
    60,
    'requests in ten minutes',
    'what is sent from one answer page; from all pages of one network address four times as much',
    '429 with Retry-After',
  ),
  pushSubscriptionsPerUser: limit(
    500,
    'subscriptions',
    'each is a message of ours to whoever the URL names',
    '507 quota-not-exceeded',
  ),
  pushSubscriptionsPerCollection: limit(
    1000,
    'subscriptions',
    'each change is a message to all of them',
    '507 quota-not-exceeded',
  ),
  pushDevicesPerCollection: limit(
    50,
    'subscriptions of a person',
    'one change is a message to all of them, and others are to have room',
    '507 quota-not-exceeded',
  ),
  pushSubscriptionDays: limit(30, 'days', 'a device that is gone must not be sent to for ever', 'a shorter time'),
  shareesPerCalendar: limit(
    500,
    'sharees',
    'each is told of changes, and all are listed whole',
    '507 quota-not-exceeded',
  ),
  peoplePerSharedCalendar: limit(
    2000,
    'people',
    'each is asked, and has an answer of their own, those of groups included',
    '507 quota-not-exceeded; who joins a group beyond it is not asked',
  ),
  sharedCalendarsPerHome: limit(
    500,
    'calendars of others',
    'each is looked at when the home is listed',
    '507 quota-not-exceeded',
  ),
  notificationsPerHome: limit(1000, 'notices', 'they are listed whole', 'the oldest is dropped'),
  mailsPerPersonPerHour: limit(
    1000,
    'messages',
    'one account, or who has stolen it, does not make this server one that sends what nobody wants',
    'the message is sent later',
  ),
  mailsPerPersonPerDay: limit(3000, 'messages', 'as mailsPerPersonPerHour, over a day', 'the message is sent later'),
  mailsPerDomainPerHour: limit(
    3000,
    'messages',
    'large providers put off, and then refuse, whoever sends them much at once',
    'the message is sent later',
  ),
  mailsWaitingPerPerson: limit(
    3000,
    'messages',
    'what waits is stored, and counted with each change that is told by mail',
    'the attendee has SCHEDULE-STATUS 5.1, and no message is made',
  ),
  inboxItemsPerHome: limit(1000, 'messages', 'clients list the inbox whole', 'the oldest is dropped'),
  mailAnswersPerHour: limit(
    30,
    'messages',
    'what answers by itself, as rooms do, may be answered by what answers by itself; in an hour, to one address',
    'it is not answered',
  ),
  mailDelegatesPerHour: limit(
    20,
    'people',
    'attendees elsewhere name whom they like as delegates, and these are mailed in the organizer’s name; of one meeting, in an hour',
    'they are not mailed',
  ),
  trayMessageOctets: limit(
    1024 * 1024,
    'octets',
    'anybody can send what waits in the tray; it is listed whole',
    'the mail is kept unread',
  ),
  trayItemsPerHome: limit(
    500,
    'messages',
    'strangers fill the tray; of one sender a tenth of it, of what was refused a fifth',
    'the oldest is dropped',
  ),
  meetingMemoryDays: limit(
    366,
    'days',
    'a message that comes late is known as such for that long, also where the meeting is gone',
    'the meeting is forgotten: an invitation to it is a new one',
  ),
  inboundMailOctets: limit(
    25 * 1024 * 1024,
    'octets',
    'a mail that comes in is held in memory while it is read',
    'the mail server is told 552; from a mailbox or a pipe it is listed without its octets',
  ),
  inboundMailRecipients: limit(100, 'recipients', 'a mail is taken for each of them', '452'),
  inboundMailConnections: limit(20, 'connections', 'each may bring a mail of the largest size', '421'),
  inboundMailParts: limit(200, 'parts', 'each part of a mail that comes in is looked at', 'the mail is kept unread'),
  keptMailsPerDay: limit(
    1000,
    'mails',
    'mails that cannot be processed are kept whole for a person, and anybody can send them',
    'listed with their reason alone',
  ),
  keptMailOctets: limit(256 * 1024 * 1024, 'octets', 'of these, of one day', 'listed with their reason alone'),
  keptMailDays: limit(30, 'days', 'mails that cannot be processed, and what is listed of all others', 'forgotten'),
  headerOctets: limit(32 * 1024, 'octets', 'request line and headers', '431'),
  connections: limit(
    20_000,
    'connections',
    'sockets of one process; fewer where it may not open so many files',
    '503 with Retry-After, and closed; past a twentieth more, closed',
  ),
  requestsUnderWay: limit(
    500,
    'requests',
    'what is worked on at once: each waits for all the others',
    '503 with Retry-After',
  ),
  turnMilliseconds: limit(
    250,
    'milliseconds',
    'how long a request may wait while the requests that came with it are answered, once that has become usual',
    '503 with Retry-After',
  ),
  concurrentLogins: limit(4, 'hashes', 'argon2id takes memory and a core', '503 with Retry-After'),
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;
export type Limits = Readonly<Record<LimitName, number>>;

export function defaultLimits(): Limits {
  const entries = Object.entries(LIMITS).map(([name, { default: value }]) => [name, value]);
  return Object.fromEntries(entries) as Limits; // keys come from LIMITS itself
}

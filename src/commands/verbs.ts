import type { Command } from './command.ts';

/** A verb is loaded when it is called, so that `ical check` needs no database and `--help` is quick. */
export interface Verb {
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every verb of the command line, in the order of `--help`. */
export const VERBS: Readonly<Record<string, Verb>> = {
  serve: { summary: 'run the server', load: async () => (await import('./serve.ts')).serve },
  provision: {
    summary: 'create or update users, groups, rooms and resources from a file',
    load: async () => (await import('./provision.ts')).provision,
  },
  'user add': { summary: 'create a user', load: async () => (await import('./user-add.ts')).userAdd },
  'user list': { summary: 'list the users', load: async () => (await import('./user-list.ts')).userList },
  'user passwd': { summary: 'set a password', load: async () => (await import('./user-passwd.ts')).userPasswd },
  'user remove': {
    summary: 'remove a user and everything that is theirs',
    load: async () => (await import('./user-remove.ts')).userRemove,
  },
  'room set': {
    summary: 'say how a room or resource answers, and what may be booked of it',
    load: async () => (await import('./room-set.ts')).roomSet,
  },
  'room show': {
    summary: 'tell how a room or resource answers',
    load: async () => (await import('./room-show.ts')).roomShow,
  },
  backup: { summary: 'copy the database while it is used', load: async () => (await import('./backup.ts')).backup },
  restore: {
    summary: 'put a backup in the place of the database',
    load: async () => (await import('./restore.ts')).restore,
  },
  import: {
    summary: 'read iCalendar files into a calendar',
    load: async () => (await import('./import.ts')).importFiles,
  },
  export: {
    summary: 'write calendars as iCalendar files',
    load: async () => (await import('./export.ts')).exportFiles,
  },
  'faults list': {
    summary: 'list what cannot be used, why, and what a repair would do',
    load: async () => (await import('./faults-list.ts')).faultsList,
  },
  'faults show': {
    summary: 'write out what cannot be used, octet for octet',
    load: async () => (await import('./faults-show.ts')).faultsShow,
  },
  'faults repair': {
    summary: 'do what is proposed; what was set aside goes into its calendar',
    load: async () => (await import('./faults-repair.ts')).faultsRepair,
  },
  'faults drop': {
    summary: 'forget what an import set aside',
    load: async () => (await import('./faults-drop.ts')).faultsDrop,
  },
  'subscriptions list': {
    summary: 'list the calendars that are fetched from elsewhere, and how that goes',
    load: async () => (await import('./subscriptions-list.ts')).subscriptionsList,
  },
  'subscriptions refresh': {
    summary: 'fetch them now',
    load: async () => (await import('./subscriptions-refresh.ts')).subscriptionsRefresh,
  },
  'link create': {
    summary: 'make a link by which people without a log-in see a calendar',
    load: async () => (await import('./link-create.ts')).linkCreate,
  },
  'link list': {
    summary: 'list the links, and what each shows',
    load: async () => (await import('./link-list.ts')).linkList,
  },
  'link revoke': {
    summary: 'end links at once',
    load: async () => (await import('./link-revoke.ts')).linkRevoke,
  },
  'share add': {
    summary: 'invite people and groups to a calendar, or change what they may do',
    load: async () => (await import('./share-add.ts')).shareAdd,
  },
  'share list': {
    summary: 'list with whom calendars are shared',
    load: async () => (await import('./share-list.ts')).shareList,
  },
  'share remove': {
    summary: 'take a calendar from its sharees',
    load: async () => (await import('./share-remove.ts')).shareRemove,
  },
  'history list': {
    summary: 'list the changes of an object: who, when, with what, and what differs',
    load: async () => (await import('./history-list.ts')).historyList,
  },
  'history show': {
    summary: 'write out a past version, octet for octet',
    load: async () => (await import('./history-show.ts')).historyShow,
  },
  'history restore': {
    summary: 'bring back a version, or a calendar as of a time',
    load: async () => (await import('./history-restore.ts')).historyRestore,
  },
  'trash list': {
    summary: 'list what was deleted and can come back',
    load: async () => (await import('./trash-list.ts')).trashList,
  },
  'trash restore': {
    summary: 'bring back objects and calendars from the trash',
    load: async () => (await import('./trash-restore.ts')).trashRestore,
  },
  'trash empty': {
    summary: 'forget for ever what is in the trash',
    load: async () => (await import('./trash-empty.ts')).trashEmpty,
  },
  'audit list': {
    summary: 'list who changed what, when and with what',
    load: async () => (await import('./audit-list.ts')).auditList,
  },
  'guard list': {
    summary: 'list devices that are held because they destroyed much at once',
    load: async () => (await import('./guard-list.ts')).guardList,
  },
  'guard release': {
    summary: 'let a held device go on',
    load: async () => (await import('./guard-release.ts')).guardRelease,
  },
  'guard rollback': {
    summary: 'take back all that a held device did',
    load: async () => (await import('./guard-rollback.ts')).guardRollback,
  },
  'ical expand': {
    summary: 'list the instances of a file within a range of time',
    load: async () => (await import('./ical-expand.ts')).icalExpand,
  },
  'ical check': {
    summary: 'list what is wrong in a file',
    load: async () => (await import('./ical-check.ts')).icalCheck,
  },
};

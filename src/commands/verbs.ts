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
  imip: {
    summary: 'take a mail with an invitation or an answer from stdin',
    load: async () => (await import('./imip.ts')).imip,
  },
  'mail test': {
    summary: 'send one mail, and tell what the mail server answers',
    load: async () => (await import('./mail-test.ts')).mailTest,
  },
  'mail dkim': {
    summary: 'make a key that signs mail, and print what belongs into the DNS',
    load: async () => (await import('./mail-dkim.ts')).mailDkim,
  },
  'mail list': {
    summary: 'list mails that came in and could not be processed, and why',
    load: async () => (await import('./mail-list.ts')).mailList,
  },
  'mail show': {
    summary: 'write out a mail that is kept, octet for octet',
    load: async () => (await import('./mail-show.ts')).mailShow,
  },
  'mail retry': {
    summary: 'read a mail again that is kept',
    load: async () => (await import('./mail-retry.ts')).mailRetry,
  },
  'invitation show': {
    summary: 'tell what has become of each invitation and answer of a meeting',
    load: async () => (await import('./invitation-show.ts')).invitationShow,
  },
  'invitation resend': {
    summary: 'send somebody elsewhere an invitation once more',
    load: async () => (await import('./invitation-resend.ts')).invitationResend,
  },
  'invitation preview': {
    summary: 'tell who would be told what by a change, and change nothing',
    load: async () => (await import('./invitation-preview.ts')).invitationPreview,
  },
  'tray list': {
    summary: 'list invitations and answers of which nobody can tell who has sent them',
    load: async () => (await import('./tray-list.ts')).trayList,
  },
  'tray accept': {
    summary: 'take such a message into the calendar',
    load: async () => (await import('./tray-accept.ts')).trayAccept,
  },
  'tray refuse': {
    summary: 'put such a message aside for good',
    load: async () => (await import('./tray-refuse.ts')).trayRefuse,
  },
  'tray trust': {
    summary: 'take what a sender or a domain sends without asking',
    load: async () => (await import('./tray-trust.ts')).trayTrust,
  },
  'tray untrust': {
    summary: 'ask again',
    load: async () => (await import('./tray-untrust.ts')).trayUntrust,
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

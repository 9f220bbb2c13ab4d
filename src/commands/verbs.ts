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
  'ical expand': {
    summary: 'list the instances of a file within a range of time',
    load: async () => (await import('./ical-expand.ts')).icalExpand,
  },
  'ical check': {
    summary: 'list what is wrong in a file',
    load: async () => (await import('./ical-check.ts')).icalCheck,
  },
};

/** What a mail is about, by method and by what is different. */
export type MailKind =
  | 'invitation'
  | 'updated'
  | 'reinstated'
  | 'cancelled'
  | 'removed'
  | 'accepted'
  | 'tentative'
  | 'declined'
  | 'delegated'
  | 'answered'
  | 'counter'
  | 'declinecounter'
  | 'refresh'
  | 'add'
  | 'publish'
  | 'notice';

export type RowName =
  | 'when'
  | 'due'
  | 'repeats'
  | 'where'
  | 'organizer'
  | 'guests'
  | 'delegate'
  | 'link'
  | 'comment'
  | 'description'
  | 'proposed'
  | 'recipient'
  | 'reason';

/** What can be different, as a person calls it. */
export type ChangeName =
  'title' | 'time' | 'end' | 'repetition' | 'place' | 'description' | 'guests' | 'status' | 'details';

/** A weekday from 1 (Monday) to 7; an ordinal from 1 to 5, or -1 for the last. */
export interface RuleWords {
  daily(interval: number): string;
  /** `days`: names of weekdays, as one list; undefined: that of the start. */
  weekly(interval: number, days: string | undefined): string;
  monthly(interval: number, on: string | undefined): string;
  yearly(interval: number): string;
  onDay(day: number): string;
  onNth(ordinal: number, weekday: number, name: string): string;
  until(date: string): string;
  times(count: number): string;
  /** A rule that has no plain words. */
  other: string;
  /** Dates beside a rule, or instead of one. */
  dates: string;
}

/** All words of a language that mails have. Nothing of them is escaped, and nothing that is put into them. */
export interface Words {
  /** BCP 47. */
  readonly locale: string;
  /** How luxon writes a date with its weekday. */
  readonly dateFormat: string;
  /** “Budget” */
  quoted(title: string): string;
  readonly untitled: string;
  /** After what names what follows. */
  readonly colon: string;
  /** Of something, that of a day. */
  ofDay(what: string, day: string): string;
  readonly subject: Readonly<Record<MailKind, (title: string) => string>>;
  /** What is said first: who does what. */
  readonly lead: Readonly<Record<MailKind, (who: string, what: string) => string>>;
  readonly rows: Readonly<Record<RowName, string>>;
  readonly changed: Readonly<Record<ChangeName, string>>;
  /** Before the list of what is different. */
  readonly whatChanged: string;
  /** Of a day. */
  readonly what: Readonly<Record<'new' | 'cancelled' | 'reinstated', string>>;
  was(old: string): string;
  more(count: number): string;
  readonly allDay: string;
  readonly floating: string;
  /** The same in another zone. */
  elsewhere(times: string, zone: string): string;
  readonly rule: RuleWords;
  readonly question: string;
  readonly buttons: Readonly<Record<'accepted' | 'tentative' | 'declined' | 'counter', string>>;
  readonly answerHere: string;
  via(name: string): string;
  footer(name: string): string;
  readonly noticeFooter: string;
}

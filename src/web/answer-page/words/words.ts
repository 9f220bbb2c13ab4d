/** What the answer page says, in one language: plain text, of which nothing is markup. */
export interface Words {
  readonly invitation: string;
  readonly task: string;
  /** `WHO` invites you. */
  readonly invitesYou: (who: string) => string;
  readonly asksYou: (who: string) => string;
  readonly noTitle: string;
  readonly when: string;
  readonly due: string;
  readonly next: string;
  readonly until: string;
  readonly allDay: string;
  readonly noTime: string;
  /** Times of this zone. */
  readonly zoneOf: (zone: string) => string;
  /** Floating: each at his own clock. */
  readonly localTime: string;
  readonly inYourZone: string;
  readonly inEventZone: (zone: string) => string;
  readonly where: string;
  readonly about: string;
  readonly webPage: string;
  readonly people: string;
  readonly organizer: string;
  readonly more: (count: number) => string;
  readonly repeats: string;
  readonly yourAnswer: string;
  readonly answeringAs: string;
  readonly states: Readonly<Record<'NEEDS-ACTION' | 'ACCEPTED' | 'TENTATIVE' | 'DECLINED' | 'DELEGATED', string>>;
  readonly cancelledDay: string;
  readonly answerNow: string;
  readonly accept: string;
  readonly tentative: string;
  readonly decline: string;
  readonly scope: string;
  readonly wholeSeries: string;
  readonly wholeHint: string;
  readonly oneDay: string;
  readonly whichDay: string;
  readonly moreDays: string;
  readonly guests: string;
  readonly guestsHint: string;
  readonly comment: string;
  readonly commentHint: string;
  readonly send: string;
  readonly propose: string;
  readonly proposeHint: (zone: string) => string;
  readonly proposeAllDay: string;
  readonly proposeFloating: string;
  readonly startDate: string;
  readonly startTime: string;
  readonly endDate: string;
  readonly endTime: string;
  readonly sendProposal: string;
  readonly addToCalendar: string;
  readonly file: string;
  readonly opensElsewhere: string;
  readonly otherZone: string;
  readonly zone: string;
  readonly show: string;
  readonly language: string;
  readonly privacy: (who: string) => string;
  readonly errors: string;
  readonly fault: Readonly<Record<Fault, string>>;
  readonly done: Readonly<Record<Done, string>>;
  readonly cancelled: string;
  readonly goneTitle: string;
  readonly gone: string;
  readonly overTitle: string;
  readonly over: string;
  readonly busyTitle: string;
  readonly busy: string;
  readonly foreignTitle: string;
  readonly foreign: string;
  readonly back: string;
}

/** Why something that was sent was not taken. */
export type Fault =
  'answer' | 'scope' | 'day' | 'guests' | 'comment' | 'start' | 'end' | 'order' | 'same-time' | 'nonce' | 'refused';

/** What was done. */
export type Done = 'answered' | 'same' | 'proposed';

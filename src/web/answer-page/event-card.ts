import type { InvitedPerson } from '../../calendar/open-invitation.ts';
import { textOf } from '../../ical/public-form.ts';
import { wordsOf } from '../../mail/text/languages.ts';
import { repeatsText } from '../../mail/text/rule-text.ts';
import { webAddress } from '../html.ts';
import { markup, type Markup } from './markup.ts';
import type { View } from './view.ts';
import { leafOf, timeText, toldIn } from './when.ts';

/** Characters of each text that are shown: an object may hold megabytes. */
const MOST_DESCRIPTION = 5000;
const MOST_PLACE = 1000;
const MOST_TITLE = 300;
const MOST_NAME = 100;

const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most).toWellFormed()} …` : text;

/** The name of somebody, or the address. */
export const nameOf = ({ name, address }: InvitedPerson): string => shortened(name || mailOf(address), MOST_NAME);

export const mailOf = (address: string): string => address.replace(/^mailto:/i, '');

export const titleOf = ({ invitation, speech }: Pick<View, 'invitation' | 'speech'>): string =>
  shortened(textOf(invitation.event, 'SUMMARY') ?? speech.words.noTitle, MOST_TITLE);

/** `Europe/Berlin` as people read it. */
export const zoneName = (id: string): string => id.replaceAll('_', ' ');

/** What somebody is invited to. */
export function eventCard(view: View): Markup {
  const { invitation, speech, zone } = view;
  const { words, locale } = speech;
  const { kind, organizer, state, time } = invitation;
  const isTask = kind === 'VTODO';
  const leaf = time === undefined ? undefined : leafOf(toldIn(time, zone).start, locale);
  const from = (isTask ? words.asksYou : words.invitesYou)(nameOf(organizer));
  return markup`<div class="card${state === 'cancelled' ? ' off' : ''}">
    <div class="head">
      ${
        leaf !== undefined &&
        markup`<div class="leaf" aria-hidden="true">
          <span class="month">${leaf.month}</span><span class="day">${leaf.day}</span
          ><span class="weekday">${leaf.weekday}</span>
        </div>`
      }
      <div>
        <p class="kind">${isTask ? words.task : words.invitation}</p>
        <h1 dir="auto">${titleOf(view)}</h1>
        <p class="from"><bdi>${from}</bdi></p>
      </div>
    </div>
    <dl>${timePart(view)} ${placePart(view)} ${wordsPart(view)} ${peoplePart(view)}</dl>
  </div>`;
}

function timePart(view: View): Markup {
  const { invitation, speech, zone } = view;
  const { words, locale } = speech;
  const { time, kind, isSeries, event } = invitation;
  const label = isSeries ? words.next : kind === 'VTODO' ? words.due : words.when;
  const repeats = isSeries && markup`<p class="quiet rule">${ruleOf(view) ?? words.repeats}</p>`;
  if (time === undefined)
    return markup`<div>
      <dt>${label}</dt>
      <dd>
        <p>${words.noTime}</p>
        ${repeats}
      </dd>
    </div>`;
  const told = toldIn(time, zone);
  const isZoned = told.kind === 'zoned';
  const own = invitation.copy.context.zones(
    event.properties.find(({ name }) => name === 'DTSTART')?.params.get('TZID')?.[0] ?? '',
  );
  const isElsewhere = isZoned && own !== undefined && own.offsetAt(time.start) !== zone.offsetAt(time.start);
  const stamp = new Date(isZoned ? time.start : told.start).toISOString();
  return markup`<div>
    <dt>${label}</dt>
    <dd>
      <p>
        <time datetime="${told.kind === 'days' ? stamp.slice(0, 10) : isZoned ? stamp : stamp.slice(0, 16)}"
          >${timeText(told, locale)}</time
        >${told.kind === 'days' && markup` <span class="quiet">(${words.allDay})</span>`}
      </p>
      ${isZoned && markup`<p class="quiet">${words.zoneOf(zoneName(zone.id))}</p>`}
      ${told.kind === 'floating' && markup`<p class="quiet">${words.localTime}</p>`}
      ${isElsewhere && markup`<p class="quiet">${timeText(toldIn(time, own), locale)} ${words.inEventZone(zoneName(own.id))}</p>`}
      ${
        isZoned &&
        markup`<p
          class="quiet"
          hidden
          data-start="${time.start}"
          data-end="${time.end}"
          data-zone="${zone.id}"
          data-locale="${locale}"
          data-word="${words.inYourZone}"
        ></p>`
      }
      ${repeats}
    </dd>
  </div>`;
}

/** How a series repeats, in the words that its mails have. */
function ruleOf({ invitation: { copy, floating }, speech, zone }: View): string | undefined {
  if (copy.master === undefined) return undefined;
  const context = { zones: copy.context.zones, floating };
  return repeatsText(copy.master, context, { words: wordsOf(speech.language), zone });
}

function placePart({ invitation, speech }: View): Markup | undefined {
  const place = textOf(invitation.event, 'LOCATION');
  const address = webAddress(textOf(invitation.event, 'URL'));
  if (place === undefined && address === undefined) return undefined;
  const isSame = address !== undefined && webAddress(place) === address;
  return markup`<div>
    <dt>${speech.words.where}</dt>
    <dd>
      ${place !== undefined && markup`<p dir="auto">${linked(shortened(place, MOST_PLACE))}</p>`}
      ${address !== undefined && !isSame && markup`<p>${speech.words.webPage}: ${link(address, address)}</p>`}
    </dd>
  </div>`;
}

function wordsPart({ invitation, speech }: View): Markup | undefined {
  const text = textOf(invitation.event, 'DESCRIPTION');
  if (text === undefined) return undefined;
  return markup`<div>
    <dt>${speech.words.about}</dt>
    <dd><p class="words" dir="auto">${linked(shortened(text, MOST_DESCRIPTION))}</p></dd>
  </div>`;
}

function peoplePart({ invitation, speech }: View): Markup {
  const { words } = speech;
  const { organizer, others, otherCount, me } = invitation;
  const left = otherCount - others.length;
  const guests = others.map(
    (each) => markup`<li><bdi>${nameOf(each)}</bdi> <span class="quiet">– ${words.states[each.answer]}</span></li>`,
  );
  return markup`<div>
    <dt>${words.people}</dt>
    <dd>
      <ul class="people">
        <li><bdi>${nameOf(organizer)}</bdi> <span class="quiet">– ${words.organizer}</span></li>
        <li><bdi>${nameOf(me)}</bdi> <span class="quiet">– ${words.states[invitation.answer]}</span></li>
        ${guests} ${left > 0 && markup`<li class="quiet">${words.more(left)}</li>`}
      </ul>
    </dd>
  </div>`;
}

/** An address in text is one that shows where it leads. */
const link = (address: string, shown: string): Markup =>
  markup`<a href="${address}" rel="noopener noreferrer nofollow">${shown}</a>`;

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
const MOST_LINKS = 50;

/** Text with its web addresses as links; no other scheme is one. */
function linked(text: string): readonly Markup[] {
  const made: Markup[] = [];
  let end = 0;
  for (const { 0: found, index } of [...text.matchAll(ADDRESS)].slice(0, MOST_LINKS)) {
    const shown = found.replace(/[.,;:!?)\]}]+$/, '');
    const address = webAddress(shown);
    if (address === undefined) continue;
    made.push(markup`${text.slice(end, index)}`, link(address, shown));
    end = index + shown.length;
  }
  return [...made, markup`${text.slice(end)}`];
}

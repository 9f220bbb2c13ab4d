import { commentPart, dayOptions, faultAt, hiddenFields } from './answer-form.ts';
import { zoneName } from './event-card.ts';
import { markup, type Markup } from './markup.ts';
import type { View } from './view.ts';
import { toldIn } from './when.ts';

/** Another time can be proposed for what has a beginning, and of a series for one of its days. */
export const canPropose = ({ invitation }: Pick<View, 'invitation'>): boolean =>
  invitation.kind !== 'VJOURNAL' &&
  invitation.time?.startValue !== undefined &&
  (!invitation.isSeries || invitation.days.some(({ isCancelled }) => !isCancelled));

/** The form by which somebody proposes another time. */
export function proposeForm(view: View): Markup | undefined {
  const { invitation, speech, zone, filled, path, isProposing } = view;
  if (!canPropose(view) || invitation.time === undefined) return undefined;
  const { words } = speech;
  const { kind } = toldIn(invitation.time, zone);
  const hint =
    kind === 'days'
      ? words.proposeAllDay
      : kind === 'floating'
        ? words.proposeFloating
        : words.proposeHint(zoneName(zone.id));
  const day = faultAt(view, 'propose', ['scope', 'day']);
  const isTimed = kind !== 'days';
  return markup`<details class="card" id="propose" ${isProposing && markup` open`}>
    <summary>${words.propose}</summary>
    <form method="post" action="${path}" autocomplete="off">
      ${hiddenFields(view, 'propose')}
      <p class="hint">${hint}</p>
      ${
        invitation.isSeries &&
        markup`<div>
          <label for="proposed-day">${words.whichDay}</label>${day.text}<select
            id="proposed-day"
            name="day"
            ${day.attributes}
          >
            ${dayOptions(view, filled.proposedDay)}
          </select>
        </div>`
      }
      <div class="pair">${field(view, 'start', 'date')}${isTimed && field(view, 'start', 'time')}</div>
      <div class="pair">${field(view, 'end', 'date')}${isTimed && field(view, 'end', 'time')}</div>
      ${commentPart(view, { form: 'propose', id: 'proposal-comment', value: filled.proposalComment })}
      <button class="second" id="send-proposal" type="submit">${words.sendProposal}</button>
    </form>
  </details>`;
}

function field(view: View, side: 'start' | 'end', what: 'date' | 'time'): Markup {
  const { words } = view.speech;
  const names = { date: `${side}Date`, time: `${side}Time` } as const;
  const name = names[what];
  const fault =
    what === 'date'
      ? faultAt(view, 'propose', side === 'start' ? ['start', 'same-time'] : ['end', 'order'])
      : { text: undefined, attributes: undefined };
  const id = `${side}-${what}`;
  return markup`<div>
    <label for="${id}">${words[name]}</label>${fault.text}<input
      type="${what}"
      id="${id}"
      name="${id}"
      value="${view.filled[name]}"
      required${fault.attributes}
    />
  </div>`;
}

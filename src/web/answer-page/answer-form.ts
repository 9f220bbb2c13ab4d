import { COMMENT_LENGTH, MOST_GUESTS } from '../../calendar/answer-invitation.ts';
import type { InvitedDay } from '../../calendar/open-invitation.ts';
import { mailOf } from './event-card.ts';
import { markup, type Markup } from './markup.ts';
import { FIELD_OF, type View } from './view.ts';
import { timeText, toldIn } from './when.ts';
import type { Fault } from './words/words.ts';

/** The list of what was wrong, each with a way to its field. */
export function faultList({ speech: { words }, faults, sent = 'answer' }: View): Markup | undefined {
  if (faults.length === 0) return undefined;
  const items = faults.map((fault) => markup`<li><a href="#${FIELD_OF[fault][sent]}">${words.fault[fault]}</a></li>`);
  return markup`<div class="note bad" role="alert" tabindex="-1" data-focus>
    <h2>${words.errors}</h2>
    <ul>
      ${items}
    </ul>
  </div>`;
}

/** What a field says of its fault, and the attributes that tie the two together. */
export function faultAt(
  { speech: { words }, faults, sent }: View,
  form: 'answer' | 'propose',
  own: readonly Fault[],
): { readonly text: Markup | undefined; readonly attributes: Markup | undefined } {
  const fault = sent === form ? faults.find((each) => own.includes(each)) : undefined;
  if (fault === undefined) return { text: undefined, attributes: undefined };
  const id = `${FIELD_OF[fault][form]}-fault`;
  return {
    text: markup`<p class="fault" id="${id}">${words.fault[fault]}</p>`,
    attributes: markup` aria-invalid="true" aria-describedby="${id}"`,
  };
}

/** What both forms send beside their fields. */
export const hiddenFields = ({ nonce, zone, isChosenZone, speech }: View, act: string): Markup =>
  markup`<input type="hidden" name="do" value="${act}" />
    <input type="hidden" name="nonce" value="${nonce}" />
    <input type="hidden" name="zone" value="${zone.id}" />
    <input type="hidden" name="here" value="${isChosenZone ? zone.id : ''}" autocomplete="off" />
    <input type="hidden" name="language" value="${speech.language}" />`;

/** The days to choose from. */
export function dayOptions({ invitation, zone, speech }: View, chosen: string): readonly Markup[] {
  const { locale, words } = speech;
  const option = ({ key, time, answer }: InvitedDay): Markup => {
    const said = answer === 'NEEDS-ACTION' ? '' : ` – ${words.states[answer]}`;
    return markup`<option value="${key}" ${key === chosen && markup` selected`}>
      ${timeText(toldIn(time, zone), locale, 'short')}${said}
    </option>`;
  };
  return invitation.days.filter(({ isCancelled }) => !isCancelled).map(option);
}

const ANSWERS = [
  ['ACCEPTED', 'accept'],
  ['TENTATIVE', 'tentative'],
  ['DECLINED', 'decline'],
] as const;

/** The form by which somebody answers. */
export function answerForm(view: View): Markup {
  const { invitation, speech, filled, path } = view;
  const { words } = speech;
  const fault = faultAt(view, 'answer', ['answer']);
  const choices = ANSWERS.map(
    ([value, word]) =>
      markup`<label class="choice"
        ><input
          type="radio"
          name="answer"
          value="${value}"
          id="answer-${value}"
          required${filled.answer === value && markup` checked`}${fault.attributes}
        />${words[word]}</label
      >`,
  );
  return markup`<section class="card" aria-labelledby="answer-title">
    <h2 id="answer-title">${words.yourAnswer}</h2>
    <p class="now">
      <span class="quiet">${words.answeringAs}</span> <bdi>${mailOf(invitation.me.address)}</bdi>:
      <span class="state">${words.states[invitation.answer]}</span>
    </p>
    <form method="post" action="${path}" autocomplete="off">
      ${hiddenFields(view, 'answer')}
      <fieldset>
        <legend>${words.answerNow}</legend>
        ${fault.text}
        <div class="choices">${choices}</div>
      </fieldset>
      ${invitation.isSeries && scopePart(view)} ${guestsPart(view)}
      ${commentPart(view, { form: 'answer', id: 'comment', value: filled.comment })}
      <button id="send-answer" type="submit">${words.send}</button>
    </form>
  </section>`;
}

function scopePart(view: View): Markup {
  const { invitation, speech, filled } = view;
  const { words } = speech;
  const fault = faultAt(view, 'answer', ['scope', 'day']);
  const options = dayOptions(view, filled.day);
  const isDay = filled.scope === 'day';
  return markup`<fieldset>
    <legend>${words.scope}</legend>
    ${fault.text}
    <div class="choices two">
      <label class="choice"
        ><input
          type="radio"
          name="scope"
          value="all"
          id="scope-all"
          ${!isDay && markup` checked`}
        />${words.wholeSeries}</label
      >
      <label class="choice"
        ><input
          type="radio"
          name="scope"
          value="day"
          id="scope-day"
          ${isDay && markup` checked`}${options.length === 0 && markup` disabled`}
        />${words.oneDay}</label
      >
    </div>
    <p class="hint scope" id="scope-hint">${words.wholeHint}</p>
    ${
      options.length > 0 &&
      markup`<div class="scope days">
        <label for="day">${words.whichDay}</label
        ><select id="day" name="day" ${fault.attributes}>
          ${options}
        </select>
        ${invitation.hasMoreDays && markup`<p class="hint">${words.moreDays}</p>`}
      </div>`
    }
  </fieldset>`;
}

function guestsPart(view: View): Markup {
  const { words } = view.speech;
  const fault = faultAt(view, 'answer', ['guests']);
  return markup`<div>
    <label for="guests">${words.guests}</label>
    <p class="hint" id="guests-hint">${words.guestsHint}</p>
    ${fault.text}
    <input
      type="number"
      id="guests"
      name="guests"
      min="0"
      max="${MOST_GUESTS}"
      step="1"
      inputmode="numeric"
      value="${view.filled.guests}"
      ${fault.attributes ?? markup` aria-describedby="guests-hint"`}
    />
  </div>`;
}

/** The field for a word to the organizer. */
export function commentPart(
  view: View,
  { form, id, value }: { readonly form: 'answer' | 'propose'; readonly id: string; readonly value: string },
): Markup {
  const { words } = view.speech;
  const fault = faultAt(view, form, ['comment']);
  return markup`<div>
    <label for="${id}">${words.comment}</label>
    <p class="hint" id="${id}-hint">${words.commentHint}</p>
    ${fault.text}
    <textarea
      id="${id}"
      name="comment"
      rows="3"
      maxlength="${COMMENT_LENGTH}"
      dir="auto"
      ${fault.attributes ?? markup` aria-describedby="${id}-hint"`}
    >
${value}</textarea>
  </div>`;
}

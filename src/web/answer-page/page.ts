import { zoneByTzid } from '../../ical/timezone.ts';
import { addPart } from './add-to-calendar.ts';
import { answerForm, faultList } from './answer-form.ts';
import { eventCard, mailOf, titleOf, zoneName } from './event-card.ts';
import { documentOf } from './frame.ts';
import { LANGUAGES } from './language.ts';
import { markup, type Markup } from './markup.ts';
import { proposeForm } from './propose-form.ts';
import type { View } from './view.ts';

/** The page of an invitation that is there. */
export function answerPageOf(view: View): string {
  const { invitation, speech, done } = view;
  const { words } = speech;
  const isOpen = invitation.state === 'open';
  const body = markup`<main>
      ${done !== undefined && markup`<p class="note good" role="status" tabindex="-1" data-focus>${words.done[done]}</p>`}
      ${faultList(view)} ${!isOpen && markup`<p class="note bad" role="status">${words.cancelled}</p>`} ${eventCard(view)}
      ${isOpen && answerForm(view)} ${isOpen && proposeForm(view)} ${isOpen && addPart(view)} ${choicePart(view)}
    </main>
    <footer><p>${words.privacy(mailOf(invitation.me.address))}</p></footer>`;
  const title = `${titleOf(view)} – ${invitation.kind === 'VTODO' ? words.task : words.invitation}`;
  return documentOf(speech, title, body);
}

/** Another zone and another language, by a form that only reads. */
function choicePart(view: View): Markup {
  const { speech, zone, path, filled } = view;
  const { words, language } = speech;
  const languages = Object.entries(LANGUAGES).map(
    ([tag, name]) =>
      markup`<option value="${tag}" lang="${tag}" ${tag === language && markup` selected`}>${name}</option>`,
  );
  return markup`<details class="card">
    <summary>${words.otherZone}</summary>
    <form method="get" action="${path}">
      ${filled.answer !== '' && markup`<input type="hidden" name="answer" value="${filled.answer}" />`}
      <div class="pair">
        <div>
          <label for="zone">${words.zone}</label
          ><select id="zone" name="zone">
            ${zoneOptions(zone.id)}
          </select>
        </div>
        <div>
          <label for="lang">${words.language}</label
          ><select id="lang" name="lang">
            ${languages}
          </select>
        </div>
      </div>
      <button class="second" type="submit">${words.show}</button>
    </form>
  </details>`;
}

/** The zones that people live in, by their names of today, of which our own table knows each. */
const ZONES: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((id) => id.includes('/') && zoneByTzid(id) !== undefined),
];

function zoneOptions(chosen: string): readonly Markup[] {
  const ids = ZONES.includes(chosen) ? ZONES : [chosen, ...ZONES];
  return ids.map((id) => markup`<option value="${id}" ${id === chosen && markup` selected`}>${zoneName(id)}</option>`);
}

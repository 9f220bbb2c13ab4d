import type { Steps } from '../base/steps.ts';
import { createTurns, inTurns } from '../base/turns.ts';
import type { Component, Property } from './component.ts';
import { writingJcal, writingJcalProperties } from './jcal-write.ts';
import { parsingCalendars } from './parse.ts';
import { writingXcalComponent, writingXcalProperties, XCAL_ENDS } from './xcal-write.ts';

/** A calendar of any size in another form, written piece by piece. */
interface StreamForm {
  start(properties: readonly Property[]): Steps<string>;
  component(component: Component): Steps<string>;
  readonly separator: string;
  readonly end: string;
}

/** RFC 7265. */
const JCAL: StreamForm = {
  *start(properties) {
    return `["vcalendar",${yield* writingJcalProperties(properties)},[`;
  },
  component: (component) => writingJcal(component),
  separator: ',',
  end: ']]',
};

/** RFC 6321. */
const XCAL: StreamForm = {
  *start(properties) {
    return `${XCAL_ENDS.start}<vcalendar>${yield* writingXcalProperties(properties)}<components>`;
  },
  component: writingXcalComponent,
  separator: '',
  end: `</components></vcalendar>${XCAL_ENDS.end}`,
};

/**
 * What mergeCalendars writes as one jCal document. Its pieces end between two components, so that each is converted
 * alone; a component that cannot be read is left out.
 */
export const jcalStream = (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> => converted(pieces, JCAL);

/** What mergeCalendars writes as one xCal document; see jcalStream. */
export const xcalStream = (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> => converted(pieces, XCAL);

/** Characters, near enough, after which a piece is handed on. */
const CHUNK = 64 * 1024;

const BEGIN = Buffer.from('BEGIN:VCALENDAR\r\n');

async function* converted(pieces: AsyncIterable<Uint8Array>, form: StreamForm): AsyncGenerator<string> {
  const turns = createTurns();
  let isFirst = true;
  let hasComponents = false;
  let held = '';
  for await (const piece of pieces) {
    // That the calendar of a piece has no END is a problem which reading on passes over.
    const { calendars } = await inTurns(parsingCalendars(isFirst ? piece : Buffer.concat([BEGIN, piece])), turns);
    const { properties = [], components = [] } = calendars[0] ?? {};
    if (isFirst) held += await inTurns(form.start(properties), turns);
    isFirst = false;
    for (const component of components) {
      if (turns.isDue()) await turns.take();
      const written = await inTurns(form.component(component), turns);
      held += hasComponents ? form.separator + written : written;
      hasComponents = true;
      if (held.length < CHUNK) continue;
      yield held;
      held = '';
    }
  }
  yield held + form.end;
}

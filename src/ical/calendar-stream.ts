import type { Component, Property } from './component.ts';
import { jcalOf } from './jcal.ts';
import { jcalProperty } from './jcal-property.ts';
import { parseCalendars } from './parse.ts';
import { XCAL_ENDS, xcalComponent, xcalProperties } from './xcal-write.ts';

/** A calendar of any size in another form, written piece by piece. */
interface StreamForm {
  start(properties: readonly Property[]): string;
  component(component: Component): string;
  readonly separator: string;
  readonly end: string;
}

/** RFC 7265. */
const JCAL: StreamForm = {
  start: (properties) => `["vcalendar",${JSON.stringify(properties.map(jcalProperty))},[`,
  component: (component) => JSON.stringify(jcalOf(component)),
  separator: ',',
  end: ']]',
};

/** RFC 6321. */
const XCAL: StreamForm = {
  start: (properties) => `${XCAL_ENDS.start}<vcalendar>${xcalProperties(properties)}<components>`,
  component: xcalComponent,
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

const BEGIN = Buffer.from('BEGIN:VCALENDAR\r\n');

async function* converted(pieces: AsyncIterable<Uint8Array>, form: StreamForm): AsyncGenerator<string> {
  let isFirst = true;
  let hasComponents = false;
  for await (const piece of pieces) {
    // That the calendar of a piece has no END is a problem which reading on passes over.
    const { calendars } = parseCalendars(isFirst ? piece : Buffer.concat([BEGIN, piece]));
    const { properties = [], components = [] } = calendars[0] ?? {};
    const written = components.map(form.component).join(form.separator);
    const start = isFirst ? form.start(properties) : hasComponents && written !== '' ? form.separator : '';
    isFirst = false;
    hasComponents ||= written !== '';
    yield start + written;
  }
  yield form.end;
}

import { scheduleChangesOf } from '../../calendar/inbox.ts';
import { utcText } from '../../itip/component-edit.ts';
import { MASTER } from '../../itip/instance-key.ts';
import type { InstanceChanges, PropertyChange, ScheduleChanges } from '../../itip/schedule-changes.ts';
import { property } from '../property.ts';
import { cs } from '../xml/names.ts';
import type { Xml } from '../xml/node.ts';
import { el, elWith, text } from '../xml/write.ts';

const NAME = cs('schedule-changes');

/** CS:schedule-changes, caldav-schedulingchanges §4.1.1: what the server has made of the message of an inbox item. */
export const scheduleChanges = property({
  name: NAME,
  on: ['object'],
  async get({ collection, object }, { calendar }) {
    // Who answered, and what is different, are details: of what is not public, others see the times alone.
    const isTold = collection.kind === 'inbox' && object.isBusyOnly !== true;
    const changes = isTold ? await scheduleChangesOf(calendar, object) : undefined;
    if (changes === undefined) return undefined;
    return el(NAME, el(cs('dtstamp'), text(utcText(object.createdAt))), el(cs('action'), actionElement(changes)));
  },
});

function actionElement({ action, attendee, instances }: ScheduleChanges): Xml {
  const recurrences = instances.map((each) => recurrenceElement(each, action));
  return el(cs(action), attendee === undefined ? undefined : el(cs('attendee'), text(attendee)), ...recurrences);
}

/** The examples of the document write `recurrence-id`, its definitions `recurrenceid`. */
const recurrenceElement = ({ instance, properties }: InstanceChanges, action: ScheduleChanges['action']): Xml =>
  el(
    cs('recurrence'),
    instance === MASTER ? el(cs('master')) : el(cs('recurrenceid'), text(instance)),
    action === 'cancel' ? undefined : el(cs('changes'), ...properties.map(propertyElement)),
  );

const propertyElement = ({ name, parameters }: PropertyChange): Xml =>
  elWith(
    cs('changed-property'),
    { name },
    ...parameters.map((parameter) => elWith(cs('changed-parameter'), { name: parameter })),
  );

import { Refusal } from '../base/refusal.ts';
import { alarmTrigger } from './alarm-triggers.ts';
import { propertiesOf, type Component } from './component.ts';
import { P } from './names.ts';
import { parseCalendar } from './parse.ts';
import { UTC } from './timezone.ts';
import { isReadable } from './validate.ts';

const HEAD = 'BEGIN:VCALENDAR\r\n';
/** More remind of nothing, and each would go into each event. */
const MOST_ALARMS = 20;

/**
 * The value of a default-alarm property: VALARM components one after the other (RFC 5545 §3.6.6), without an object
 * around them. None is a value, too: no alarm. So is an alarm of ACTION:NONE, which needs no trigger, as no action
 * takes place.
 *
 * @throws Refusal valid-calendar-data
 */
export function readDefaultAlarms(text: string): readonly Component[] {
  if (text.trim() === '') return [];
  const calendar = parseCalendar(`${HEAD}${text.trim()}\r\nEND:VCALENDAR\r\n`);
  if (calendar.properties.length > 0) refuse('a property outside of VALARM');
  if (calendar.components.length > MOST_ALARMS) refuse(`more than ${MOST_ALARMS} default alarms`);
  for (const component of calendar.components) requireAlarm(component);
  return calendar.components;
}

function requireAlarm(alarm: Component): void {
  if (alarm.name !== 'VALARM') refuse(`${alarm.name.slice(0, 40)} where VALARM is expected`);
  const actions = propertiesOf(alarm, P.ACTION);
  if (actions.length !== 1) refuse('a VALARM has one ACTION');
  const isNone = actions[0]?.value.trim().toUpperCase() === 'NONE';
  const triggers = propertiesOf(alarm, P.TRIGGER);
  if (triggers.length > 1 || (triggers.length === 0 && !isNone)) refuse('a VALARM has one TRIGGER');
  // An absolute trigger is in UTC: no zone is asked for.
  if (triggers.length > 0 && alarmTrigger(alarm, { floating: UTC, zones: () => undefined }) === undefined) {
    refuse('TRIGGER cannot be read');
  }
  const unreadable = alarm.properties.find((property) => !isReadable(property));
  if (unreadable !== undefined) refuse(`${unreadable.name} cannot be read: ${unreadable.value.slice(0, 60)}`);
}

function refuse(message: string): never {
  throw new Refusal('valid-calendar-data', message);
}

import { defaultAlarm } from '../default-alarm.ts';

/** CALDAV:default-alarm-vevent-date, calendarserver's: the alarms of new events of whole days. */
export const defaultAlarmVeventDate = defaultAlarm('default-alarm-vevent-date', 'alarmVeventDate');

import { defaultAlarm } from '../default-alarm.ts';

/** CALDAV:default-alarm-vevent-datetime, calendarserver's: the alarms of new events that start at a time. */
export const defaultAlarmVeventDatetime = defaultAlarm('default-alarm-vevent-datetime', 'alarmVeventDatetime');

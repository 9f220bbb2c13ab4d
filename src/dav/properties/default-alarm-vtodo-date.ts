import { defaultAlarm } from '../default-alarm.ts';

/** CALDAV:default-alarm-vtodo-date, calendarserver's: the alarms of new tasks of whole days. */
export const defaultAlarmVtodoDate = defaultAlarm('default-alarm-vtodo-date', 'alarmVtodoDate');

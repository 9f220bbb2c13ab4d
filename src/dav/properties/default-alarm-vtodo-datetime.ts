import { defaultAlarm } from '../default-alarm.ts';

/** CALDAV:default-alarm-vtodo-datetime, calendarserver's: the alarms of new tasks with a time. */
export const defaultAlarmVtodoDatetime = defaultAlarm('default-alarm-vtodo-datetime', 'alarmVtodoDatetime');

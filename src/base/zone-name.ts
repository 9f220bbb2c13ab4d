/** Whether this names a time zone of IANA's database (not an offset such as +01:00). */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // the one way in which Intl says no
  }
}

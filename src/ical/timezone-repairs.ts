/** When a zone line ends: a clock reading, and the clock that it is read on (zic(8): w wall, s standard, u universal). */
export interface Until {
  readonly wall: number;
  readonly kind: 'w' | 's' | 'u';
}

type Repair = readonly [stated: string, kind: Until['kind'], zones: string, meant?: string];

/**
 * The package gives UNTIL as plain milliseconds, and loses three things of IANA's notation: a year alone becomes its
 * last day instead of its first; `lastSun` and `Sun>=1` become the first of the month; and the suffixes `s` and `u`
 * are gone. The first is undone by rule, the two others by this table, which holds each place where it makes a
 * difference: [what the package says, the suffix, the zones, the day that was meant].
 */
const REPAIRS: readonly Repair[] = [
  ['1883-11-18T17:00', 'u', 'America/New_York'],
  [
    '1883-11-18T18:00',
    'u',
    'America/Chicago America/Indiana/Indianapolis America/Indiana/Marengo America/Indiana/Vincennes America/Indiana/Tell_City America/Indiana/Petersburg America/Indiana/Knox America/Indiana/Winamac America/Indiana/Vevay America/Kentucky/Louisville America/Kentucky/Monticello',
  ],
  [
    '1883-11-18T19:00',
    'u',
    'America/North_Dakota/Center America/North_Dakota/New_Salem America/North_Dakota/Beulah America/Denver America/Phoenix',
  ],
  ['1883-11-18T20:00', 'u', 'America/Los_Angeles America/Boise'],
  ['1887-12-31T15:00', 'u', 'Asia/Tokyo'],
  ['1893-10-31T23:00', 'u', 'Europe/Rome'],
  ['1899-09-06T04:00', 'u', 'Asia/Manila'],
  ['1901-01-01T00:00', 'u', 'Europe/Madrid Africa/Ceuta'],
  ['1904-10-29T17:00', 'u', 'Asia/Hong_Kong'],
  ['1911-12-31T16:00', 'u', 'Asia/Dili'],
  ['1912-01-01T00:00', 'u', 'Africa/Sao_Tome Europe/Lisbon'],
  ['1912-01-01T01:00', 'u', 'Africa/Bissau Atlantic/Madeira'],
  ['1912-01-01T02:00', 'u', 'Atlantic/Cape_Verde Atlantic/Azores'],
  ['1916-10-01T02:00', 's', 'Europe/Dublin'],
  ['1918-11-11T11:00', 'u', 'Europe/Brussels'],
  ['1919-07-01T00:00', 'u', 'Europe/Moscow Europe/Saratov Europe/Kirov Europe/Samara Europe/Ulyanovsk'],
  ['1922-01-01T06:00', 'u', 'America/Cancun America/Merida America/Matamoros America/Monterrey'],
  [
    '1922-01-01T07:00',
    'u',
    'America/Mexico_City America/Ciudad_Juarez America/Ojinaga America/Chihuahua America/Hermosillo America/Mazatlan America/Bahia_Banderas America/Tijuana',
  ],
  ['1923-12-31T16:40', 'u', 'Asia/Jakarta'],
  ['1940-05-20T02:00', 's', 'Europe/Brussels'],
  ['1942-02-09T02:00', 's', 'America/Toronto'],
  ['1945-04-12T02:00', 's', 'Europe/Vienna'],
  ['1945-09-16T02:00', 's', 'Europe/Belgrade'],
  ['1946-04-01T02:00', 'w', 'America/Swift_Current', '1946-04-28T02:00'],
  ['1946-10-06T02:00', 's', 'Europe/Dublin'],
  ['1947-11-02T02:00', 's', 'Europe/Dublin'],
  ['1960-04-01T02:00', 'w', 'America/Regina', '1960-04-24T02:00'],
  ['1971-10-31T02:00', 'u', 'Europe/London'],
  ['1972-04-01T02:00', 'w', 'America/Swift_Current', '1972-04-30T02:00'],
  ['1975-03-02T02:00', 's', 'Pacific/Norfolk'],
  ['1979-04-01T02:00', 'w', 'America/Inuvik', '1979-04-29T02:00'],
  ['1981-12-31T16:00', 'u', 'Asia/Singapore'],
  ['1982-03-14T03:00', 'u', 'Pacific/Easter'],
  ['1991-09-09T02:00', 's', 'Asia/Dushanbe'],
  ['1992-09-27T01:00', 'u', 'Europe/Lisbon'],
  ['1993-06-17T01:00', 'u', 'Atlantic/Azores'],
  ['1994-09-01T00:00', 'w', 'Asia/Tbilisi', '1994-09-25T00:00'],
  ['1994-09-25T02:00', 's', 'Asia/Aqtau'],
  ['1996-03-31T01:00', 'u', 'Europe/Lisbon'],
  ['1996-10-27T03:00', 's', 'Europe/Simferopol'],
  ['1997-03-01T00:00', 'w', 'Asia/Tbilisi', '1997-03-30T00:00'],
  ['1997-03-01T01:00', 'u', 'Europe/Simferopol', '1997-03-30T01:00'],
  ['1997-03-01T02:00', 's', 'Asia/Sakhalin', '1997-03-30T02:00'],
  ['1998-03-29T01:00', 'u', 'Europe/Vilnius'],
  ['1998-04-01T03:00', 'w', 'America/Ciudad_Juarez America/Ojinaga America/Chihuahua', '1998-04-05T03:00'],
  ['2004-10-31T02:00', 's', 'Asia/Almaty Asia/Aqtobe'],
  ['2005-03-01T02:00', 'w', 'Asia/Tbilisi', '2005-03-27T02:00'],
  ['2010-03-10T20:00', 'u', 'Antarctica/Davis'],
  ['2011-03-28T01:00', 'u', 'Europe/Istanbul'],
  ['2012-02-21T17:00', 'u', 'Antarctica/Casey'],
  ['2012-02-21T20:00', 'u', 'Antarctica/Davis'],
  ['2014-03-31T01:00', 'u', 'Europe/Istanbul'],
  ['2015-11-08T01:00', 'u', 'Europe/Istanbul'],
];

/** Lines that truly end on 31 December at midnight: the day that the date line was moved. */
const TRUE_LAST_DAYS = ['1844', '1994'];
const DATE_LINE_ZONES = /^(Asia\/Manila|Pacific\/(Guam|Kanton|Kiritimati|Kosrae|Palau))$/;

const repairs = new Map<string, Until>();
for (const [stated, kind, zones, meant] of REPAIRS) {
  const wall = Date.parse(`${meant ?? stated}Z`);
  for (const zone of zones.split(' ')) repairs.set(`${zone} ${stated}`, { wall, kind });
}

/** What the package's UNTIL of a zone line means. */
export function untilOf(zone: string, stated: number): Until {
  const text = new Date(stated).toISOString();
  const repair = repairs.get(`${zone} ${text.slice(0, 16)}`);
  if (repair !== undefined) return repair;
  const year = text.slice(0, 4);
  const isYearAlone =
    text.slice(4, 19) === '-12-31T00:00:00' && !(DATE_LINE_ZONES.test(zone) && TRUE_LAST_DAYS.includes(year));
  return { wall: isYearAlone ? Date.parse(`${year}-01-01T00:00Z`) : stated, kind: 'w' };
}

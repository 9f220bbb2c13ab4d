/**
 * New moons and the longitude of the sun, after Meeus, "Astronomical Algorithms" (2nd edition, 1998): chapters 49, 25
 * and 22, and the larger terms of VSOP87 for the earth (appendix III). Times are days since 1970-01-01T00:00Z.
 */

const RADIANS = Math.PI / 180;
/** Julian day of 1970-01-01T00:00Z. */
const JULIAN_DAY = 2_440_587.5;
/** J2000.0, whose new moon of 6 January 2000 is number 0. */
const J2000 = 2_451_545 - JULIAN_DAY;

/** Days from a new moon to the next, in the mean. */
export const LUNATION = 29.530_588_861;

/**
 * Seconds that the clock of the planets is ahead of the turning earth (Espenak and Meeus, "Polynomial expressions for
 * Delta T", 2006), from a year on; each polynomial is in (year - origin) / scale.
 */
const DELTA_T: readonly (readonly [from: number, origin: number, scale: number, ...terms: number[]])[] = [
  [2150, 1820, 100, -20, 0, 32],
  [2050, 1820, 100, -205.724, 56.28, 32],
  [2005, 2000, 1, 62.92, 0.32217, 0.005589],
  [1986, 2000, 1, 63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599],
  [1961, 1975, 1, 45.45, 1.067, -1 / 260, -1 / 718],
  [1941, 1950, 1, 29.07, 0.407, -1 / 233, 1 / 2547],
  [1920, 1920, 1, 21.2, 0.84493, -0.0761, 0.0020936],
  [1900, 1900, 1, -2.79, 1.494119, -0.0598939, 0.0061966, -0.000197],
  [1860, 1860, 1, 7.62, 0.5737, -0.251754, 0.01680668, -0.0004473624, 1 / 233_174],
  [1800, 1800, 1, 13.72, -0.332447, 0.0068612, 0.0041116, -0.00037436, 0.0000121272, -0.0000001699, 0.000000000875],
  [1700, 1700, 1, 8.83, 0.1603, -0.0059285, 0.00013336, -1 / 1_174_000],
  [1600, 1600, 1, 120, -0.9808, -0.01532, 1 / 7129],
  [-Infinity, 1820, 100, -20, 0, 32],
];

const polynomial = (terms: readonly number[], x: number): number => terms.reduceRight((sum, term) => sum * x + term, 0);

/** Delta T in days. */
function deltaT(day: number): number {
  const year = 1970 + day / 365.2425;
  const [, origin = 0, scale = 1, ...terms] = DELTA_T.find(([from]) => year >= from) ?? [];
  return polynomial(terms, (year - origin) / scale) / 86_400;
}

/** Terms of a new moon: days, the power of E, and multiples of M (the sun), M' (the moon), F and Omega. */
const MOON_TERMS = Float64Array.from(
  [
    [-0.4072, 0, 0, 1, 0, 0],
    [0.17241, 1, 1, 0, 0, 0],
    [0.01608, 0, 0, 2, 0, 0],
    [0.01039, 0, 0, 0, 2, 0],
    [0.00739, 1, -1, 1, 0, 0],
    [-0.00514, 1, 1, 1, 0, 0],
    [0.00208, 2, 2, 0, 0, 0],
    [-0.00111, 0, 0, 1, -2, 0],
    [-0.00057, 0, 0, 1, 2, 0],
    [0.00056, 1, 1, 2, 0, 0],
    [-0.00042, 0, 0, 3, 0, 0],
    [0.00042, 1, 1, 0, 2, 0],
    [0.00038, 1, 1, 0, -2, 0],
    [-0.00024, 1, -1, 2, 0, 0],
    [-0.00017, 0, 0, 0, 0, 1],
    [-0.00007, 0, 2, 1, 0, 0],
    [0.00004, 0, 0, 2, -2, 0],
    [0.00004, 0, 3, 0, 0, 0],
    [0.00003, 0, 1, 1, -2, 0],
    [0.00003, 0, 0, 2, 2, 0],
    [-0.00003, 0, 1, 1, 2, 0],
    [0.00003, 0, -1, 1, 2, 0],
    [-0.00002, 0, -1, 1, -2, 0],
    [-0.00002, 0, 1, 3, 0, 0],
    [0.00002, 0, 0, 4, 0, 0],
  ].flat(),
);

/** What the planets add: days, and the angle in degrees at new moon 0 and for each. */
const PLANETS = Float64Array.from(
  [
    [0.000325, 299.77, 0.107408],
    [0.000165, 251.88, 0.016321],
    [0.000164, 251.83, 26.651886],
    [0.000126, 349.42, 36.412478],
    [0.00011, 84.66, 18.206239],
    [0.000062, 141.74, 53.303771],
    [0.00006, 207.14, 2.453732],
    [0.000056, 154.84, 7.30686],
    [0.000047, 34.52, 27.261239],
    [0.000042, 207.19, 0.121824],
    [0.00004, 291.34, 1.844379],
    [0.000037, 161.72, 24.198154],
    [0.000035, 239.56, 25.513099],
    [0.000023, 331.55, 3.592518],
  ].flat(),
);

const at = (i: number): number => MOON_TERMS[i] ?? 0;

/** When the moon is new for the n-th time after 6 January 2000, which is 0; within about 20 seconds while Delta T is known. */
export function newMoon(n: number): number {
  const t = n / 1236.85;
  const t2 = t * t;
  const e = 1 - 0.002516 * t - 0.0000074 * t2;
  const sun = (2.5534 + 29.1053567 * n - (0.0000014 + 0.00000011 * t) * t2) * RADIANS;
  const moon = (201.5643 + 385.81693528 * n + (0.0107582 + 0.00001238 * t - 0.000000058 * t2) * t2) * RADIANS;
  const latitude = (160.7108 + 390.67050284 * n - (0.0016118 + 0.00000227 * t - 0.000000011 * t2) * t2) * RADIANS;
  const node = (124.7746 - 1.56375588 * n + (0.0020672 + 0.00000215 * t) * t2) * RADIANS;
  let day = J2000 + 5.09766 + LUNATION * n + (0.00015437 - 0.00000015 * t + 0.00000000073 * t2) * t2;
  for (let i = 0; i < MOON_TERMS.length; i += 6) {
    const angle = at(i + 2) * sun + at(i + 3) * moon + at(i + 4) * latitude + at(i + 5) * node;
    const power = at(i + 1);
    day += at(i) * (power === 0 ? 1 : power === 1 ? e : e * e) * Math.sin(angle);
  }
  for (let i = 0; i < PLANETS.length; i += 3) {
    // The first of them, of Venus, slows down.
    const slowing = i === 0 ? 0.009173 * t2 : 0;
    day += (PLANETS[i] ?? 0) * Math.sin(((PLANETS[i + 1] ?? 0) + (PLANETS[i + 2] ?? 0) * n - slowing) * RADIANS);
  }
  return day - deltaT(day);
}

/** Heliocentric longitude of the earth, in powers of millennia: size, phase and speed (VSOP87D, radians, 1e-8). */
const EARTH: readonly (readonly (readonly [number, number, number])[])[] = [
  [
    [175_347_046, 0, 0],
    [3_341_656, 4.6692568, 6283.07585],
    [34_894, 4.6261, 12_566.1517],
    [3497, 2.7441, 5753.3849],
    [3418, 2.8289, 3.5231],
    [3136, 3.6277, 77_713.7715],
    [2676, 4.4181, 7860.4194],
    [2343, 6.1352, 3930.2097],
    [1324, 0.7425, 11_506.7698],
    [1273, 2.0371, 529.691],
    [1199, 1.1096, 1577.3435],
    [990, 5.233, 5884.927],
    [902, 2.045, 26.298],
    [857, 3.508, 398.149],
    [780, 1.179, 5223.694],
    [753, 2.533, 5507.553],
    [505, 4.583, 18_849.228],
    [492, 4.205, 775.523],
    [357, 2.92, 0.067],
    [317, 5.849, 11_790.629],
    [284, 1.899, 796.298],
    [271, 0.315, 10_977.079],
    [243, 0.345, 5486.778],
    [206, 4.806, 2544.314],
    [205, 1.869, 5573.143],
    [202, 2.458, 6069.777],
    [156, 0.833, 213.299],
    [132, 3.411, 2942.463],
    [126, 1.083, 20.775],
    [115, 0.645, 0.98],
    [103, 0.636, 4694.003],
    [102, 0.976, 15_720.839],
    [102, 4.267, 7.114],
    [99, 6.21, 2146.17],
    [98, 0.68, 155.42],
  ],
  [
    [628_331_966_747, 0, 0],
    [206_059, 2.678235, 6283.07585],
    [4303, 2.6351, 12_566.1517],
    [425, 1.59, 3.523],
    [119, 5.796, 26.298],
    [109, 2.966, 1577.344],
    [93, 2.59, 18_849.23],
    [72, 1.14, 529.69],
    [68, 1.87, 398.15],
    [67, 4.41, 5507.55],
  ],
  [
    [52_919, 0, 0],
    [8720, 1.0721, 6283.0758],
    [309, 0.867, 12_566.152],
  ],
  [[289, 5.844, 6283.076]],
];

/** Nutation in longitude, degrees: size, and the angle at J2000 and for each century. */
const NUTATION: readonly (readonly [number, number, number])[] = [
  [-17.2 / 3600, 125.04452, -1934.136261],
  [-1.32 / 3600, 200.9332, 72_001.5396],
  [-0.23 / 3600, 76.633, 962_535.764],
  [0.21 / 3600, 250.08904, -3868.272522],
];

/** Aberration and the turn to FK5, degrees, at the mean distance of the sun. */
const ABERRATION = (-20.4898 - 0.0903) / 3600;

/** Precession since VSOP87 was made is known to be slower by so many degrees a century (IAU 2006). */
const PRECESSION = -0.29965 / 3600;

/** Apparent longitude of the sun in degrees, never reduced: 360 more each year. Within about two seconds of arc. */
function exactLongitude(t: number): number {
  const millennia = t / 10;
  let sum = 0;
  let power = 1e-8;
  for (const terms of EARTH) {
    for (const [size, phase, speed] of terms) sum += power * size * Math.cos(phase + speed * millennia);
    power *= millennia;
  }
  let degrees = sum / RADIANS + 180 + PRECESSION * t;
  degrees += ABERRATION * (1 + 0.0167 * Math.cos((357.529 + 35_999.05 * t) * RADIANS));
  for (const [size, angle, speed] of NUTATION) degrees += size * Math.sin((angle + speed * t) * RADIANS);
  return degrees;
}

/** The same within 0.01 degrees (chapter 25), at a tenth of the work. */
function roughLongitude(t: number): number {
  const anomaly = (357.52911 + (35_999.05029 - 0.0001537 * t) * t) * RADIANS;
  const centre =
    (1.914602 - 0.004817 * t - 0.000014 * t * t) * Math.sin(anomaly) +
    (0.019993 - 0.000101 * t) * Math.sin(2 * anomaly) +
    0.000289 * Math.sin(3 * anomaly);
  const node = (125.04 - 1934.136 * t) * RADIANS;
  return 280.46646 + (36_000.76983 + 0.0003032 * t) * t + centre - 0.00569 - 0.00478 * Math.sin(node);
}

/** Nearer than this to a term, the rough longitude does not tell on which side it is. */
const UNSURE = 0.03;

/**
 * How many of the major solar terms (each 30 degrees of the sun's way) have been reached: the winter solstice of 1999
 * is number 9, and each year has twelve.
 */
export function solarTerms(day: number): number {
  const t = (day + deltaT(day) - J2000) / 36_525;
  const rough = roughLongitude(t) / 30;
  if (Math.abs(rough - Math.round(rough)) * 30 > UNSURE) return Math.floor(rough);
  return Math.floor(exactLongitude(t) / 30);
}

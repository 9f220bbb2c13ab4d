import type { Reckoning } from './rscale-reckoned.ts';

/**
 * Years that the cycle of 33 gives a leap day which the equinox of Iran gives to the year after them. The list ends
 * where the equinox cannot be told so far ahead; from there on the cycle counts alone, as it does before.
 */
const LEAP_ONE_LATER: ReadonlySet<number> = new Set([
  1502, 1601, 1634, 1667, 1700, 1733, 1766, 1799, 1832, 1865, 1898, 1931, 1964, 1997, 2030, 2059, 2063, 2096, 2129,
  2158, 2162, 2191, 2195, 2224, 2228, 2257, 2261, 2290, 2294, 2323, 2327, 2356, 2360, 2389, 2393, 2422, 2426, 2455,
  2459, 2488, 2492, 2521, 2525, 2554, 2558, 2587, 2591, 2620, 2624, 2653, 2657, 2686, 2690, 2719, 2723, 2748, 2752,
  2756, 2781, 2785, 2789, 2818, 2822, 2847, 2851, 2855, 2880, 2884, 2888, 2913, 2917, 2921, 2946, 2950, 2954, 2979,
  2983, 2987,
]);

/** The calendar of Iran: eight leap years in 33, put right to the equinox for the years 1502 to 2987. */
export const PERSIAN: Reckoning = {
  startOf(year) {
    const byCycle = 365 * (year - 1) + Math.floor((8 * year + 21) / 33) - 492_268;
    return LEAP_ONE_LATER.has(year - 1) ? byCycle - 1 : byCycle;
  },
  meanYear: 365 + 8 / 33,
  monthLengths: (length) => [31, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, length - 336],
  monthsInYear: 12,
  monthsBefore: (year) => year * 12,
};

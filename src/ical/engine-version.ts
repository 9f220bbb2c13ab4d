/**
 * To be raised with every change by which an object may come to be refused, or to be read, that was not; or by which its
 * index entry becomes another one: in parsing, validation, recurrence, time zones (but for the tzdata, which has its own
 * release), `index-entry.ts` or `search-text.ts`. Servers check and index anew all that is stored where it is not the one of last time.
 */
export const ENGINE_VERSION = 3;

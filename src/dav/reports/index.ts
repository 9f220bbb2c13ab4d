import type { Report } from '../report.ts';
import type { ClarkName } from '../xml/names.ts';
import { aclPrincipalPropSet } from './acl-principal-prop-set.ts';
import { addressbookMultiget } from './addressbook-multiget.ts';
import { addressbookQuery } from './addressbook-query.ts';
import { calendarMultiget } from './calendar-multiget.ts';
import { calendarQuery } from './calendar-query.ts';
import { calendarserverPrincipalSearch } from './calendarserver-principal-search.ts';
import { expandProperty } from './expand-property.ts';
import { freeBusyQuery } from './free-busy-query.ts';
import { principalMatch } from './principal-match.ts';
import { principalPropertySearch } from './principal-property-search.ts';
import { principalSearchPropertySet } from './principal-search-property-set.ts';
import { syncCollection } from './sync-collection.ts';

const ALL: readonly Report[] = [
  aclPrincipalPropSet,
  addressbookMultiget,
  addressbookQuery,
  calendarMultiget,
  calendarQuery,
  calendarserverPrincipalSearch,
  expandProperty,
  freeBusyQuery,
  principalMatch,
  principalPropertySearch,
  principalSearchPropertySet,
  syncCollection,
];

/** Every report, by the name of its root element. A new one is a file here and a line above. */
export const REPORTS: ReadonlyMap<ClarkName, Report> = new Map(ALL.map((report) => [report.name, report]));

import { property } from '../property.ts';
import { carddav } from '../xml/names.ts';
import { elWith, text } from '../xml/write.ts';

const NAME = carddav('addressbook-description');
const DESCRIPTION = elWith(
  NAME,
  { 'xml:lang': 'en' },
  text('The people, groups, rooms and resources of the organisation'),
);

/** CARDDAV:addressbook-description, RFC 6352 §6.2.1; protected, as all of the directory is. */
export const addressbookDescription = property({ name: NAME, on: ['addressbook'], get: () => DESCRIPTION });

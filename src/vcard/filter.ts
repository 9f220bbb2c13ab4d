import type { Steps } from '../base/steps.ts';
import { unescapeText } from '../ical/text.ts';
import { matchingText, type TextMatch } from '../ical/text-match.ts';
import type { Card, CardProperty } from './card.ts';
import { isNamed, type PropertyName } from './subset.ts';

export type FilterTest = 'anyof' | 'allof';

/** CARDDAV:filter, RFC 6352 §10.5. Without a prop-filter, every card matches. */
export interface CardFilter {
  readonly test: FilterTest;
  readonly props: readonly PropFilter[];
}

/** CARDDAV:prop-filter, RFC 6352 §10.5.1. */
export interface PropFilter extends PropertyName {
  readonly isNotDefined: boolean;
  readonly test: FilterTest;
  readonly texts: readonly TextMatch[];
  readonly params: readonly ParamFilter[];
}

/** CARDDAV:param-filter, RFC 6352 §10.5.2. */
export interface ParamFilter {
  /** In capitals. */
  readonly name: string;
  readonly isNotDefined: boolean;
  readonly text: TextMatch | undefined;
}

/** Whether a card matches; it may be interrupted. */
export function* matchingCard(card: Card, { test, props }: CardFilter): Steps<boolean> {
  if (props.length === 0) return true;
  for (const filter of props) {
    const matches = yield* matchingProperty(
      card.filter((property) => isNamed(property, filter)),
      filter,
    );
    if (matches === (test === 'anyof')) return matches;
  }
  return test === 'allof';
}

/** `found` are all properties of the name. Conditions have to hold of one and the same of them. */
function* matchingProperty(found: readonly CardProperty[], filter: PropFilter): Steps<boolean> {
  if (filter.isNotDefined) return found.length === 0;
  if (filter.texts.length + filter.params.length === 0) return found.length > 0;
  for (const property of found) if (yield* matchingOne(property, found, filter)) return true;
  return false;
}

function* matchingOne(
  property: CardProperty,
  all: readonly CardProperty[],
  { test, texts, params }: PropFilter,
): Steps<boolean> {
  for (const text of texts) {
    // With negate-condition, a property of another value is no match while one has the value.
    const values = (text.negate ? all : [property]).map(({ value }) => unescapeText(value));
    const matches = yield* matchingText(values, text);
    if (matches === (test === 'anyof')) return matches;
  }
  for (const param of params) {
    const matches = yield* matchingParam(property, param);
    if (matches === (test === 'anyof')) return matches;
  }
  return test === 'allof';
}

function* matchingParam(property: CardProperty, { name, isNotDefined, text }: ParamFilter): Steps<boolean> {
  const values = property.params.get(name);
  if (values === undefined || isNotDefined) return isNotDefined && values === undefined;
  return text === undefined || (yield* matchingText(values, text));
}

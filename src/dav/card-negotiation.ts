import { Refusal } from '../base/refusal.ts';
import { CARD_VERSIONS, type CardVersion } from '../vcard/card.ts';

/** One range of an Accept header. */
interface MediaRange {
  readonly type: string;
  /** Of the parameter `version`, where it is given. */
  readonly version: string | undefined;
  readonly quality: number;
}

/** Types under which vCards go: the registered one, and what clients sent before it was. */
const CARD_TYPES = ['text/vcard', 'text/x-vcard', 'text/directory'];

/**
 * The version that an Accept header would rather have (RFC 9110 §12.5.1); 3.0 where it does not mind or is absent.
 * Throws supported-address-data-conversion where it takes none (RFC 6352 §5.1.1.1).
 */
export function negotiatedVersion(accept: string | undefined): CardVersion {
  if (accept === undefined || accept.trim() === '') return CARD_VERSIONS[0];
  const ranges = accept.split(',').map(readRange);
  let best: CardVersion = CARD_VERSIONS[0];
  for (const version of CARD_VERSIONS) if (qualityOf(version, ranges) > qualityOf(best, ranges)) best = version;
  if (qualityOf(best, ranges) > 0) return best;
  throw new Refusal('supported-address-data-conversion', 'There is text/vcard in the versions 3.0 and 4.0 here');
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const valueOf = (name: string): string | undefined =>
    parameters
      .find((parameter) => parameter.split('=')[0]?.trim() === name)
      ?.replace(/^[^=]*=\s*/, '')
      .replaceAll('"', '');
  const weight = valueOf('q') ?? '1';
  const quality = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
  return { type, version: valueOf('version'), quality };
}

/** Of the ranges that the version is in, the narrowest counts. */
function qualityOf(version: CardVersion, ranges: readonly MediaRange[]): number {
  const inVersion = ranges.filter((range) => range.version === undefined || range.version === version);
  const found =
    inVersion.find((range) => CARD_TYPES.includes(range.type) && range.version !== undefined) ??
    inVersion.find((range) => CARD_TYPES.includes(range.type)) ??
    inVersion.find((range) => range.type === 'text/*') ??
    inVersion.find((range) => range.type === '*/*');
  return found?.quality ?? 0;
}

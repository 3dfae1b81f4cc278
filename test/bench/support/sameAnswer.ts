/** Do two servers answer the same? What each writes in its own way is brought to one form first. */
import { decodeId } from '../../../schema/ids.ts';
import { parseDuration } from '../../../src/decision/duration.ts';

export interface Answer {
  readonly data?: unknown;
}

/** @throws Error with the path of the first difference; what the question cost is not compared */
export function expectSame(what: string, own: Answer, theirs: Answer): void {
  const difference = firstDifference(oneForm(own.data), oneForm(theirs.data), '');
  if (difference !== null) throw new Error(`${what}: answers differ: ${difference}`);
}

/** Ids are uuids, instants milliseconds, durations minutes; types of events are words; of a cursor only whether there is one. */
function oneForm(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => oneForm(each, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, oneForm(each, name)]));
  }
  if (/cursor$/i.test(key)) return value !== null;
  if (typeof value !== 'string') return value;
  if (key === 'id') return decodeId(value)?.id ?? value;
  if (/^at$|At$/.test(key)) return Date.parse(value);
  if (/duration$/i.test(key)) return parseDuration(value);
  return key === 'type' ? value.toUpperCase().replaceAll('.', '_') : value;
}

function firstDifference(own: unknown, theirs: unknown, path: string): string | null {
  if (typeof own !== 'object' || typeof theirs !== 'object' || own === null || theirs === null) {
    return Object.is(own, theirs) ? null : `${path} is ${JSON.stringify(own)}, or ${JSON.stringify(theirs)}`;
  }
  if (Array.isArray(own) !== Array.isArray(theirs)) return `${path} is a list on one side only`;
  const members = own as Readonly<Record<string, unknown>>;
  const others = theirs as Readonly<Record<string, unknown>>;
  for (const key of new Set([...Object.keys(members), ...Object.keys(others)])) {
    const difference = firstDifference(members[key], others[key], `${path}/${key}`);
    if (difference !== null) return difference;
  }
  return null;
}

/** What does a word in a row stand for? It is known by its bytes, and no string is made of them. */
import type { Row, Write } from './binaryValue.ts';

/** Words are few, and mean the same for ever: each is asked for once. */
export function ofWord<Meaning>(column: number, meaningOf: (word: string) => Meaning): (row: Row) => Meaning {
  const known = new Map<number, { readonly word: Uint8Array; readonly meaning: Meaning }[]>();
  return ({ bytes, starts, lengths }) => {
    const from = starts[column] as number;
    const length = lengths[column] as number;
    const ofLength = known.get(length) ?? [];
    for (let index = 0; index < ofLength.length; index++) {
      const { word, meaning } = ofLength[index] as (typeof ofLength)[number];
      if (isAt(bytes, from, word)) return meaning;
    }
    const word = Buffer.from(bytes.subarray(from, from + length));
    const meaning = meaningOf(word.toString());
    known.set(length, [...ofLength, { word, meaning }]);
    return meaning;
  };
}

/** The word says how the row is written. */
export function byWord(column: number, writeOf: (word: string) => Write): Write {
  const known = ofWord(column, writeOf);
  return (out, at, row) => known(row)(out, at, row);
}

/** From behind: many words begin alike. */
function isAt(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let index = word.length - 1; index >= 0; index--) if (bytes[from + index] !== word[index]) return false;
  return true;
}

/** Does a decision ask in the order it promises? Each row spoils its own fact and every later one, so precedence is proved, not only presence. */
import { expect, test } from 'vitest';
import { isRefused, type RefusalCode, type Refused } from '../../src/refusals.ts';

/** In the order of the decision's guard lines. */
export type Row<Facts> = readonly [name: string, code: RefusalCode, spoil: (facts: Facts) => Facts];

export function refusesInOrder<Facts>(
  facts: Facts,
  decide: (facts: Facts) => object | Refused,
  rows: readonly Row<Facts>[],
): void {
  test.each(rows.map(([name, code], index) => ({ name, code, index })))('$code: $name', ({ code, index }) => {
    const [, , own] = rows[index] as Row<Facts>;
    const answer = decide(own(facts));
    expect(codesOf(answer)[0]).toBe(code);
    // Every sentence, field and remedy that a caller reads is reviewed here.
    expect(answer).toMatchSnapshot();
    const spoilt = rows.slice(index).reduceRight((spoiling, [, , spoil]) => spoil(spoiling), facts);
    expect(codesOf(decide(spoilt))[0]).toBe(code);
  });
}

/** Codes of a refusal, in order; none for an answer that admits. */
export function codesOf(decision: object | Refused): RefusalCode[] {
  return isRefused(decision) ? decision.refusals.map(({ code }) => code) : [];
}

/** Is every cell of CSV one, and none a formula, whatever stands in it? */
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { rowFormat } from '../../src/server/exportFormat.ts';

test('a line that breaks in a value ends neither its row nor its quotes', () => {
  const { head, lines } = rowFormat('CSV', [
    { name: 'why', path: ['why'] },
    { name: 'at', path: ['at'] },
  ]);
  const rows = ['first\n=1+1', 'first\r=1+1', '=1+1', 'a,"b"', null].map((why) => ({ why, at: new Date(0) }));
  const at = '1970-01-01T00:00:00.000Z';
  expect(parse(head + lines(rows), { record_delimiter: '\r\n' })).toEqual([
    ...[
      ['why', 'at'],
      ['first\n=1+1', at],
      ['first\r=1+1', at],
      ["'=1+1", at],
      ['a,"b"', at],
      ['', at],
    ],
  ]);
  expect(lines(rows.slice(0, 2))).toBe(`"first\n=1+1",${at}\r\n"first\r=1+1",${at}\r\n`);
});

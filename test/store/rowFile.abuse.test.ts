/** What becomes of a broken file? Each fault has its code and its line, and the other rows are read. */
import { describe, expect, it } from 'vitest';
import { type RawRow, RowFileError, readRows } from '../../src/store/rowFile.ts';
import type { UploadFormat } from '../../src/store/upload.ts';

const COLUMNS = { known: ['a', 'b', 'c'], required: ['a'] };

async function rowsOf(format: UploadFormat, content: string | Buffer, size = 7): Promise<RawRow[]> {
  const { rows, fault } = await readUpTo(format, content, size);
  if (fault) throw fault;
  return rows;
}
/** What was read, and what put an end to it. */
async function readUpTo(format: UploadFormat, content: string | Buffer, size = 7) {
  const bytes = Buffer.from(content as string);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const rows: RawRow[] = [];
  try {
    for await (const row of readRows(pieces(), format, COLUMNS)) rows.push(row);
  } catch (fault) {
    return { rows, fault };
  }
  return { rows, fault: null };
}
/** However the bytes come. */
const SIZES = [1, 2, 3, 5, 4_096];
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'READ',
    (error: RowFileError) => (error instanceof RowFileError ? `${error.code} ${error.message}` : String(error)),
  );

describe('CSV', () => {
  it('is read with a byte order mark, quotes, and lines of either kind', async () => {
    expect(await rowsOf('CSV', '\ufeffb,a\r\n"x, ""y""\nz",1\r\n\r\n,é\r\n')).toEqual([
      { line: 3, values: { b: 'x, "y"\nz', a: '1' } },
      { line: 5, values: { b: null, a: 'é' } },
    ]);
  });

  it.each([
    ['\r', 'a,b\r1,2\r3,4\r'],
    ['several kinds', 'a,b\n1,2\r\n3,4\n'],
  ])('is read with lines that end in %j', async (_what, content) => {
    expect(await rowsOf('CSV', content)).toEqual([
      { line: 2, values: { a: '1', b: '2' } },
      { line: 3, values: { a: '3', b: '4' } },
    ]);
  });

  it.each([
    ['nothing', '', /^EMPTY_FILE/],
    ['a column that is unknown', 'a,zebra\n1,2', /^UNKNOWN_COLUMN Line 1.*"zebra".*a, b, c/],
    ['a column that is missing', 'b\n1', /^MISSING_COLUMN Line 1.*"a"/],
    ['a column that stands twice', 'a,b,a\n1,2,3', /^DUPLICATE_COLUMN Line 1.*"a"/],
    ['other bytes than UTF-8', Buffer.from([97, 10, 0xc3, 0x28]), /^INVALID_ENCODING Line 2: /],
    ['a character that is cut off', Buffer.from([97, 10, 10, 0xc3]), /^INVALID_ENCODING Line 3: /],
  ])('with %s is refused as a whole', async (_what, content, message) => {
    expect(await codeOf(rowsOf('CSV', content))).toMatch(message);
  });

  it('with a header alone has no rows', async () => {
    expect(await rowsOf('CSV', 'a,b\n')).toEqual([]);
  });

  it.each([
    ['too few values', 'a,b\n1\n2,3\n', 'WRONG_COLUMN_COUNT', 2],
    ['too many values', 'a,b\n1,2,3\n2,3\n', 'WRONG_COLUMN_COUNT', 2],
  ])('names the row with %s, and goes on', async (_what, content, code, line) => {
    const rows = await rowsOf('CSV', content);
    expect(rows).toMatchObject([
      { line, values: { code } },
      { line: 3, values: { a: '2', b: '3' } },
    ]);
  });

  it.each([
    ['a quote that is closed in the middle', 'a,b\n1,2\n"x"y,1\n2,3\n', /^BROKEN_CSV Line 3: a quote is closed/],
    ['a quote in the middle', 'a,b\n1,2\nx"y,1\n2,3\n', /^BROKEN_CSV Line 3: a quote stands/],
    ['a quote that is never closed', 'a,b\n1,2\n"x,1\n2,3\n', /^BROKEN_CSV Line 3: a quote is not closed/],
    ['one behind empty lines', 'a,b\r\n1,2\r\n\r\n\r\n"x,1\r\n2,3\r\n', /^BROKEN_CSV Line 5: a quote is not closed/],
    ['one in a second value', 'a,b\n"1\r\n\n1",2\n3,"x"y\n', /^BROKEN_CSV Line 5: a quote is closed/],
    ['a value without an end', `a,b\n1,2\n"${'x'.repeat(300_000)}`, /^BROKEN_CSV Line 3: the row is longer than 65536/],
  ])('is read up to %s', async (_what, content, message) => {
    expect(await codeOf(rowsOf('CSV', content, 4096))).toMatch(message);
  });
});

describe.each(['\n', '\r\n', '\r'])('CSV with lines that end in %j', (end) => {
  it('tells the last line of each row, whatever stands in quotes', async () => {
    const lines = ['a,b', '1,2', '"3', '', '4",5', '', '6,"7', '8"', '9,10', ''];
    for (const size of SIZES) {
      const rows = await rowsOf('CSV', lines.join(end), size);
      expect(rows.map(({ line, values }) => [line, (values as { a: string }).a])).toEqual([
        [2, '1'],
        [5, `3${end}${end}4`],
        [8, '6'],
        [9, '9'],
      ]);
    }
  });

  it.each([
    ['a wrong quote', '"x"y,1', 'BROKEN_CSV Line 4: a quote is closed'],
    ['a character in another encoding', Buffer.from('caf\xe9,1', 'latin1'), 'INVALID_ENCODING Line 4: a character'],
  ])('has all the rows before %s, and none after it', async (_what, bad, message) => {
    const content = Buffer.concat([Buffer.from(['a,b', '1,"2', '3"', ''].join(end)), Buffer.from(bad as string)]);
    for (const size of SIZES) {
      const { rows, fault } = await readUpTo('CSV', Buffer.concat([content, Buffer.from(`${end}4,5${end}`)]), size);
      expect(rows).toEqual([{ line: 3, values: { a: '1', b: `2${end}3` } }]);
      expect(await codeOf(Promise.reject(fault))).toMatch(message);
    }
  });
});

describe('JSON lines', () => {
  it('are read up to a character in another encoding', async () => {
    const content = Buffer.from('{"a":"1"}\n{"a":"é"}\n{"a":"\xe9"}\n{"a":"4"}\n', 'latin1');
    const good = Buffer.from('{"a":"1"}\n{"a":"é"}\n');
    for (const size of SIZES) {
      const { rows, fault } = await readUpTo('JSONL', Buffer.concat([good, content.subarray(20)]), size);
      expect(rows.map(({ line }) => line)).toEqual([1, 2]);
      expect(await codeOf(Promise.reject(fault))).toMatch(/^INVALID_ENCODING Line 3: /);
    }
  });

  it('are read, empty ones left out', async () => {
    expect(await rowsOf('JSONL', '{"a":"1","b":null}\n\n{"a":"é"}\r\n')).toEqual([
      { line: 1, values: { a: '1', b: null } },
      { line: 3, values: { a: 'é' } },
    ]);
  });

  it('without a line are refused', async () => {
    expect(await codeOf(rowsOf('JSONL', '\n \n'))).toMatch(/^EMPTY_FILE/);
  });

  it.each([
    ['is no JSON', '{"a":', 'BROKEN_ROW', null],
    ['is a list', '[1]', 'BROKEN_ROW', null],
    ['is null', 'null', 'BROKEN_ROW', null],
    ['has an unknown property', '{"a":"1","zebra":"2"}', 'UNKNOWN_COLUMN', 'zebra'],
    ['has the prototype for a property', '{"__proto__":{"a":"1"}}', 'UNKNOWN_COLUMN', '__proto__'],
    ['has a number', '{"a":1}', 'INVALID_VALUE', 'a'],
    ['is endless', `{"a":"${'x'.repeat(70_000)}"}`, 'ROW_TOO_LONG', null],
  ])('name the line that %s, and go on', async (_what, line, code, column) => {
    expect(await rowsOf('JSONL', `{"a":"0"}\n${line}\n{"a":"2"}`, 4096)).toMatchObject([
      { line: 1, values: { a: '0' } },
      { line: 2, values: { code, column } },
      { line: 3, values: { a: '2' } },
    ]);
  });
});

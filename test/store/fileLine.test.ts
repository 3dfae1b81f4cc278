/** Is every row a line that says what the row says, wherever the bytes are broken? */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globalId } from '../../schema/ids.ts';
import { LineWriter, type Members } from '../../src/store/fileLine.ts';

interface Values {
  readonly id: string;
  readonly type: string;
  readonly text: string | null;
  readonly at: Date;
  readonly minutes: number | null;
  readonly details: object;
}

const MEMBERS = {
  id: { kind: 'ID', column: 0, type: { column: 1, nameOf: (word) => word } },
  fixed: { kind: 'ID', column: 0, type: 'Assignment' },
  type: { kind: 'NAME', column: 1, nameOf: (word) => word.toUpperCase() },
  object: { text: { kind: 'TEXT', column: 2 }, duration: { kind: 'DURATION', column: 4 } },
  at: { kind: 'INSTANT', column: 3 },
  details: { kind: 'JSON', column: 5 },
} as const satisfies Members;

const POSTGRES_EPOCH = Date.UTC(2000, 0, 1);

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function int(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeIntBE(value, 0, size);
  return bytes;
}

/** As PostgreSQL sends it. @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS */
function binary(rows: readonly Values[]): Buffer {
  const head = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int(0, 4), int(0, 4)]);
  const tuples = rows.flatMap(({ id, type, text, at, minutes, details }) => {
    const columns = [
      Buffer.from(id.replaceAll('-', ''), 'hex'),
      Buffer.from(type),
      text === null ? null : Buffer.from(text),
      // With microseconds, which a line leaves out.
      int64(BigInt(at.getTime() - POSTGRES_EPOCH) * 1000n + 999n),
      minutes === null ? null : int(minutes, 4),
      Buffer.from(JSON.stringify(details)),
    ];
    const sent = columns.flatMap((column) => [int(column?.length ?? -1, 4), column ?? Buffer.alloc(0)]);
    return [int(columns.length, 2), ...sent];
  });
  return Buffer.concat([head, ...tuples, int(-1, 2)]);
}

function written(rows: readonly Values[], format: 'JSONL' | 'CSV', partBytes: number): string {
  const writer = new LineWriter(MEMBERS, 6, format);
  const bytes = binary(rows);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += partBytes) {
    writer.take(bytes, at, Math.min(at + partBytes, bytes.length));
    for (const part of writer.lines()) found.push(Buffer.from(part));
  }
  return Buffer.concat([...found, writer.rest()]).toString();
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', ',', '\n', '\r', '\t', '\x01', '\x1f', '=', '＝', 'é', '\u2028', '😀'),
  }),
);
const row: fc.Arbitrary<Values> = fc.record({
  id: fc.uuid(),
  type: fc.constantFrom('User', 'Group', 'ServicePrincipal', 'ManagedIdentity'),
  text: fc.option(text),
  at: fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  }),
  minutes: fc.option(fc.integer({ min: 1, max: 100_000 })),
  details: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
});
const rows = fc.array(row, { maxLength: 30 });
const partBytes = fc.integer({ min: 1, max: 500 });

const duration = (minutes: number | null) => (minutes === null ? null : expect.stringMatching(/^P/));

test('a line of JSON holds the values of its row', () => {
  fc.assert(
    fc.property(rows, partBytes, (given, size) => {
      const lines = written(given, 'JSONL', size).split('\n').slice(0, -1);
      expect(lines.map((line) => JSON.parse(line))).toEqual(
        given.map(({ id, type, text, at, minutes, details }) => ({
          ...{ id: globalId(type as 'User', id), fixed: globalId('Assignment', id), type: type.toUpperCase() },
          object: text === null && minutes === null ? null : { text, duration: duration(minutes) },
          ...{ at: at.toISOString(), details },
        })),
      );
    }),
  );
});

const isFormula = (value: string) => /^[=+@\t\r＝＋－＠-]/.test(value);

test('a line of CSV holds them too, and no formula', () => {
  fc.assert(
    fc.property(rows, partBytes, (given, size) => {
      const [head, ...lines] = parse(written(given, 'CSV', size)) as string[][];
      expect(head).toEqual(['id', 'fixed', 'type', 'object.text', 'object.duration', 'at', 'details']);
      expect(lines.map(([, , , value, , at, details]) => [value, at, JSON.parse(details ?? '')])).toEqual(
        given.map(({ text: value, at, details }) => [
          ...[value === null ? '' : isFormula(value) ? `'${value}` : value, at.toISOString(), details],
        ]),
      );
    }),
  );
});

test('a row larger than every buffer is whole', () => {
  const large = '"'.repeat(1_000_000);
  const given = { id: crypto.randomUUID(), type: 'User', at: new Date(), minutes: null, details: {} };
  const lines = written(
    [
      { ...given, text: 'a' },
      { ...given, text: large },
      { ...given, text: 'b' },
    ],
    'JSONL',
    65_536,
  );
  const found = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).object.text);
  expect(found).toEqual(['a', large, 'b']);
});

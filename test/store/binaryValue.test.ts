/** Is a value that is written from its bytes the one that PostgreSQL sent? */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globalId, integer, logCursor, type Row, type Write } from '../../src/store/binaryValue.ts';
import { ofWord } from '../../src/store/binaryWord.ts';

/** Behind something else, as rows are. */
function rowOf(...values: readonly Buffer[]): Row {
  const before = Buffer.from('before');
  const starts = values.map((_, index) => Buffer.concat([before, ...values.slice(0, index)]).length);
  return {
    bytes: Buffer.concat([before, ...values]),
    starts: Int32Array.from(starts),
    lengths: Int32Array.from(values, ({ length }) => length),
  };
}

function written(write: Write, row: Row): string {
  const out = Buffer.alloc(200);
  return out.toString('latin1', 7, write(out, 7, row));
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const uuidBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
const base64 = (text: string) => Buffer.from(text).toString('base64url');

const [LEAST, MOST, EXACT] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n];
const bigint = fc.oneof(
  fc.bigInt({ min: LEAST, max: MOST }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(LEAST, MOST, EXACT - 1n, EXACT, EXACT + 1n, -EXACT - 1n, 2n ** 32n, 2n ** 32n - 1n, -(2n ** 32n)),
);

test('a bigint has all of its digits', () => {
  fc.assert(
    fc.property(bigint, (value) => {
      expect(written(integer(0), rowOf(int64(value)))).toBe(String(value));
    }),
  );
});

test('an id has its type before it, however long that is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z]{1,20}$/), fc.uuid(), (type, id) => {
      expect(written(globalId(0, Buffer.from(`${type}:`)), rowOf(uuidBytes(id)))).toBe(base64(`${type}:${id}`));
    }),
  );
});

test('a place in the log has its epoch before it', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.bigInt({ min: 1n, max: MOST }), (epoch, position) => {
      const row = rowOf(int64(position), uuidBytes(epoch));
      expect(written(logCursor(1, 0), row)).toBe(base64(`${epoch}:${position}`));
    }),
  );
});

test('a word means what it means, and is asked about once', () => {
  const words = fc.array(fc.constantFrom('', 'USER', 'USES', 'OSER', 'UER', 'USERS', 'a.b', 'a.c', 'é'));
  fc.assert(
    fc.property(words, (given) => {
      const asked: string[] = [];
      const meaning = ofWord(0, (word) => {
        asked.push(word);
        return { word };
      });
      // Whoever writes a file has one place for all of its rows.
      const bytes = Buffer.alloc(20);
      const starts = Int32Array.of(3);
      const found = given.map((word) => meaning({ bytes, starts, lengths: Int32Array.of(bytes.write(word, 3)) }));
      expect(found).toEqual(given.map((word) => ({ word })));
      expect(asked).toEqual([...new Set(given)]);
    }),
  );
});

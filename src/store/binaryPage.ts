/** Where do the values of a page lie that came in binary? In the bytes of its rows, by the names of the list. */
import { findRow, type Row } from './binaryValue.ts';

/** Where the values of a row stand among its columns; it is the same for equal questions. */
export interface Layout {
  readonly columns: ReadonlyMap<string, number>;
  /** Rows that it names. One that is absent has a `first` value that is null. */
  readonly rows: ReadonlyMap<string, Layout>;
  readonly first: number;
}

export interface KeyPart {
  readonly column: number;
  readonly type: 'text' | 'uuid' | 'timestamptz' | 'bigint';
}

interface PageParts {
  readonly bytes: Buffer;
  /** Where each row begins, in the order of the page. */
  readonly starts: readonly number[];
  readonly layout: Layout;
  /** Of all columns, those of the order among them. */
  readonly columns: number;
  /** What a cursor is made of. */
  readonly key: readonly KeyPart[];
  readonly cursor: (key: readonly string[]) => string;
}

export class BinaryPage {
  readonly layout: Layout;
  readonly length: number;
  /** Where the values of the row stand that was found last. */
  readonly row: Row;
  readonly #parts: PageParts;

  constructor(parts: PageParts) {
    const { bytes, columns, layout, starts } = parts;
    this.layout = layout;
    this.length = starts.length;
    this.row = { bytes, starts: new Int32Array(columns), lengths: new Int32Array(columns) };
    this.#parts = parts;
  }

  /** @returns how many bytes it has */
  find(index: number): number {
    const start = this.#parts.starts[index] as number;
    return findRow(this.row, start, this.row.bytes.length) - start;
  }

  keyAt(index: number): string[] {
    this.find(index);
    return this.#keyOf(this.row);
  }

  cursorOf(row: Row): string {
    return this.#parts.cursor(this.#keyOf(row));
  }

  #keyOf(row: Row): string[] {
    return this.#parts.key.map(({ column, type }) => TEXTS[type](row, column));
  }
}

/** As PostgreSQL writes a value of the type. */
const TEXTS = {
  text: ({ bytes, starts, lengths }: Row, column: number) =>
    bytes.toString('utf8', starts[column], (starts[column] as number) + (lengths[column] as number)),
  uuid: uuidOf,
  bigint: bigintOf,
  timestamptz: timestampOf,
} as const;

export function uuidOf({ bytes, starts }: Row, column: number): string {
  const from = starts[column] as number;
  const hex = bytes.toString('hex', from, from + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function bigintOf({ bytes, starts }: Row, column: number): string {
  return String(bytes.readBigInt64BE(starts[column]));
}

const INFINITY = 2n ** 63n - 1n;
/** 2000-01-01, from which PostgreSQL counts, in microseconds of the epoch. */
const POSTGRES_EPOCH = 946_684_800_000_000n;

function timestampOf({ bytes, starts }: Row, column: number): string {
  const given = bytes.readBigInt64BE(starts[column]);
  if (given === INFINITY) return 'infinity';
  const at = given + POSTGRES_EPOCH;
  const fraction = ((at % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((at - fraction) / 1_000n)).toISOString();
  const digits = String(fraction).padStart(6, '0').replace(/0+$/, '');
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${digits && `.${digits}`}+00`;
}

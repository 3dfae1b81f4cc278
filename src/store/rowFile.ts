/** Which rows does a file hold? CSV with a header (RFC 4180) or JSON lines, read piece by piece, each row with its line. */
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { RowProblem } from '../refusals.ts';
import type { UploadFormat } from './upload.ts';

/** The longest row, in characters. */
const ROW_MAXIMUM = 65_536;

/** Bytes: csv-parse makes all rows of what it is given before the first of them is taken. */
const AT_A_TIME = 16_384;

/** A row as it stands in the file. */
export interface RawRow {
  /** Counted from 1; of a row of several lines the last. */
  readonly line: number;
  /** Texts by column; null or absent: nothing is said. Or why the row cannot be read. */
  readonly values: Readonly<Record<string, string | null>> | RowProblem;
}

/** The file as a whole cannot be read. */
export class RowFileError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Columns {
  readonly known: readonly string[];
  readonly required: readonly string[];
}

/** @throws RowFileError */
export function readRows(bytes: AsyncIterable<Buffer>, format: UploadFormat, columns: Columns): AsyncGenerator<RawRow> {
  return format === 'CSV' ? csvRows(decoded(bytes), columns) : jsonRows(decoded(bytes), columns);
}

async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  try {
    for await (const piece of bytes) {
      for (let from = 0; from < piece.length; from += AT_A_TIME) {
        yield decoder.decode(piece.subarray(from, from + AT_A_TIME), { stream: true });
      }
      at += piece.length;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RowFileError('INVALID_ENCODING', `The file is not UTF-8: see the bytes behind ${at}.`);
  }
}

/** Behind a quote that is wrong nobody can say where the next row begins: nothing more is read. */
async function* csvRows(text: AsyncIterable<string>, columns: Columns): AsyncGenerator<RawRow> {
  const parser = parse({
    ...{ info: true, max_record_size: ROW_MAXIMUM, skip_empty_lines: true, relax_column_count: true },
    // Also in one file, as somebody makes it who appends to another's.
    record_delimiter: ['\r\n', '\n', '\r'],
  });
  const source = Readable.from(text);
  pipeline(source, parser, () => undefined);
  let header: readonly string[] | null = null;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header === null) header = checkedHeader(record, columns);
      else yield { line: info.lines, values: byColumn(header, record) };
    }
  } catch (error) {
    if (error instanceof RowFileError) throw error;
    const { code, lines } = error as { code?: string; lines?: number };
    const reason = BROKEN[code ?? ''];
    if (!reason) throw error;
    throw new RowFileError('BROKEN_CSV', `Line ${lines ?? 'unknown'}: ${reason}`);
  } finally {
    source.destroy();
  }
  if (header === null) throw new RowFileError('EMPTY_FILE', 'The file holds no header.');
}

/** By the codes of csv-parse. */
const BROKEN: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: `the row is longer than ${ROW_MAXIMUM} characters, or a quote is not closed.`,
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed.',
  CSV_INVALID_CLOSING_QUOTE: 'a quote is closed in the middle of a value: write "" for a quote in a quoted value.',
  INVALID_OPENING_QUOTE: 'a quote stands in the middle of a value: put the whole value into quotes.',
};

function checkedHeader(names: readonly string[], { known, required }: Columns): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RowFileError('DUPLICATE_COLUMN', `Line 1: the column "${twice}" stands twice.`);
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new RowFileError('UNKNOWN_COLUMN', `Line 1: ${unknown(strange, known)}`);
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) throw new RowFileError('MISSING_COLUMN', `Line 1: the column "${missing}" is missing.`);
  return names;
}

const unknown = (name: string, known: readonly string[]) =>
  `there is no column "${name.slice(0, 100)}": the columns are ${known.join(', ')}.`;

function byColumn(header: readonly string[], record: readonly string[]): RawRow['values'] {
  if (record.length !== header.length) {
    const reason = `The row has ${record.length} values, and the header ${header.length} columns.`;
    return { code: 'WRONG_COLUMN_COUNT', column: null, reason };
  }
  return Object.fromEntries(header.map((name, index) => [name, record[index] || null]));
}

async function* jsonRows(text: AsyncIterable<string>, columns: Columns): AsyncGenerator<RawRow> {
  let line = 0;
  let any = false;
  for await (const row of lines(text)) {
    line++;
    any ||= row !== null && row.trim() !== '';
    if (row === null) {
      const reason = `The line is longer than ${ROW_MAXIMUM} characters.`;
      yield { line, values: { code: 'ROW_TOO_LONG', column: null, reason } };
    } else if (row.trim() !== '') yield { line, values: ofJson(row, columns) };
  }
  if (!any) throw new RowFileError('EMPTY_FILE', 'The file holds no line.');
}

/** Null for a line that is too long. */
async function* lines(text: AsyncIterable<string>): AsyncGenerator<string | null> {
  let rest = '';
  let tooLong = false;
  for await (const piece of text) {
    const parts = (rest + piece).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) {
      yield tooLong || part.length > ROW_MAXIMUM ? null : part;
      tooLong = false;
    }
    if (rest.length > ROW_MAXIMUM) {
      tooLong = true;
      rest = '';
    }
  }
  if (tooLong) yield null;
  else if (rest !== '') yield rest;
}

function ofJson(row: string, { known }: Columns): RawRow['values'] {
  const problem = (code: string, column: string | null, reason: string) => ({ code, column, reason });
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return problem('BROKEN_ROW', null, 'The line is not JSON.');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return problem('BROKEN_ROW', null, 'The line is not a JSON object.');
  }
  for (const [name, each] of Object.entries(value)) {
    if (!known.includes(name)) return problem('UNKNOWN_COLUMN', name.slice(0, 100), unknown(name, known));
    if (each !== null && typeof each !== 'string') return problem('INVALID_VALUE', name, 'Give a text or null.');
  }
  return value as Record<string, string | null>;
}

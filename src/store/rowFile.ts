/** Which rows does a file hold? CSV with a header (RFC 4180) or JSON lines, read piece by piece, each row with its line. */
import { type CsvError, type InfoField, parse } from 'csv-parse';
import type { RowProblem } from '../refusals.ts';
import type { UploadFormat } from './upload.ts';
import { LineEnds, utf8Pieces } from './utf8.ts';

/** The longest row, in characters. */
const ROW_MAXIMUM = 65_536;

/** A row as it stands in the file. */
export interface RawRow {
  /** Counted from 1, wherever an editor shows a new one; of a row of several lines the last. */
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

/** The rows before whatever breaks the file come before the error. @throws RowFileError */
export function readRows(bytes: AsyncIterable<Buffer>, format: UploadFormat, columns: Columns): AsyncGenerator<RawRow> {
  return format === 'CSV' ? csvRows(bytes, columns) : jsonRows(bytes, columns);
}

function notUtf8(line: number): RowFileError {
  return new RowFileError('INVALID_ENCODING', `Line ${line}: a character is not UTF-8: save the file as UTF-8.`);
}

async function* csvRows(bytes: AsyncIterable<Buffer>, columns: Columns): AsyncGenerator<RawRow> {
  let header: readonly string[] | null = null;
  for await (const records of csvRecords(bytes)) {
    for (const { line, record } of records) {
      if (header === null) header = checkedHeader(record, columns);
      else yield { line, values: byColumn(header, record) };
    }
  }
  if (header === null) throw new RowFileError('EMPTY_FILE', 'The file holds no header.');
}

interface CsvRecord {
  readonly line: number;
  readonly record: readonly string[];
}

/** Behind a quote that is wrong nobody can say where the next row begins: nothing more is read. */
async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<readonly CsvRecord[]> {
  const ends = new LineEnds();
  const found: CsvRecord[] = [];
  let emptyLines = 0;
  const parser = parse({
    ...{ max_record_size: ROW_MAXIMUM, skip_empty_lines: true, relax_column_count: true },
    // Also in one file, as somebody makes it who appends to another's.
    record_delimiter: ['\r\n', '\n', '\r'],
    // Of what the parser passes on, whatever nobody has taken yet is lost when it finds a fault.
    on_record: (record: string[], info) => {
      // The parser's own lines count a CR and an LF in a quoted value as two.
      found.push({ line: ends.lineAt(info.bytes - 1), record });
      emptyLines = info.empty_lines;
      return null;
    },
  });
  // Each piece is answered for below.
  parser.on('error', () => undefined);
  try {
    for await (const piece of utf8Pieces(bytes)) {
      if (typeof piece !== 'string') ends.add(piece);
      const fault = await new Promise<unknown>((resolve) => {
        if (typeof piece === 'string') parser.end(resolve);
        else parser.write(piece, resolve);
      });
      const records = found.splice(0);
      if (piece === 'NOT_UTF8') {
        // The line that holds the other bytes is none that has come to its end.
        yield records.filter(({ line }) => line <= ends.count);
        throw notUtf8(ends.count + 1);
      }
      yield records;
      if (fault) throw brokenCsv(fault, ends, emptyLines);
    }
  } finally {
    parser.destroy();
  }
}

/** Names the line in which the value begins that is at fault. */
function brokenCsv(fault: unknown, ends: LineEnds, emptyLinesBefore: number): unknown {
  const { code, bytes, column, empty_lines: emptyLines } = fault as Partial<CsvError> & Partial<InfoField>;
  const reason = BROKEN[code ?? ''];
  if (!reason) return fault;
  const skipped = column === 0 ? (emptyLines ?? 0) - emptyLinesBefore : 0;
  return new RowFileError('BROKEN_CSV', `Line ${ends.lineAt(bytes ?? 0) + skipped}: ${reason}`);
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

async function* jsonRows(bytes: AsyncIterable<Buffer>, columns: Columns): AsyncGenerator<RawRow> {
  let line = 0;
  let any = false;
  for await (const row of lines(bytes)) {
    line++;
    any ||= row !== null && row.trim() !== '';
    if (row === null) {
      const reason = `The line is longer than ${ROW_MAXIMUM} characters.`;
      yield { line, values: { code: 'ROW_TOO_LONG', column: null, reason } };
    } else if (row.trim() !== '') yield { line, values: ofJson(row, columns) };
  }
  if (!any) throw new RowFileError('EMPTY_FILE', 'The file holds no line.');
}

/** Null for a line that is too long. @throws RowFileError */
async function* lines(bytes: AsyncIterable<Buffer>): AsyncGenerator<string | null> {
  let rest = '';
  let tooLong = false;
  let ended = 0;
  for await (const piece of utf8Pieces(bytes)) {
    if (piece === 'NOT_UTF8') throw notUtf8(ended + 1);
    if (piece === 'END') break;
    const parts = (rest + piece.toString()).split('\n');
    rest = parts.pop() as string;
    ended += parts.length;
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

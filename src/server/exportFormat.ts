/** What does a row look like in a file? A line of JSON, or of CSV with its objects flattened. */
import { stringify } from 'csv-stringify/sync';
import type { Column } from './exportDocument.ts';

export const EXPORT_FORMATS = ['JSONL', 'CSV'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  JSONL: 'application/jsonl; charset=utf-8',
  CSV: 'text/csv; charset=utf-8; header=present',
};

type Row = Readonly<Record<string, unknown>>;

export interface RowFormat {
  /** What stands in front of the first row. */
  readonly head: string;
  lines(rows: readonly Row[]): string;
}

/** @see https://www.rfc-editor.org/rfc/rfc4180; a spreadsheet must not take a text that begins with = + - @ for a formula, so it has an apostrophe in front. */
const CSV = { record_delimiter: 'windows', escape_formulas: true, quoted_match: /[\r\n]/ } as const;

export function rowFormat(format: ExportFormat, columns: readonly Column[]): RowFormat {
  if (format === 'JSONL') return { head: '', lines: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('') };
  const cells = (row: Row) => columns.map(({ path }) => cell(row, path));
  return {
    head: stringify([columns.map(({ name }) => name)], CSV),
    lines: (rows) => (rows.length === 0 ? '' : stringify(rows.map(cells), CSV)),
  };
}

function cell(row: Row, path: readonly string[]): string {
  let value: unknown = row;
  for (const name of path) value = value === null || value === undefined ? null : (value as Row)[name];
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

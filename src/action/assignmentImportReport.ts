/** What does the report of an import say of a row? A JSON line with what became of it, written as soon as that is known. */
import type { RowProblem } from '../refusals.ts';

/** Why a row is not written. */
export type Problem = RowProblem & { readonly line: number };

/** A row that nothing stands against, with the ids that it has once it is written. */
export interface AcceptedRow {
  readonly line: number;
  readonly requestId: string;
  readonly assignmentId: string;
}

/** `ACCEPTED`: a dry run would write it. `NOT_WRITTEN`: what stands against it is not in this row. */
export type AcceptedStatus = 'ACCEPTED' | 'WRITTEN' | 'NOT_WRITTEN';

export function refusedLines(refused: readonly Problem[]): string {
  const none = { requestId: null, assignmentId: null };
  return refused
    .map(({ line, ...problem }) => `${JSON.stringify({ line, status: 'REFUSED', ...problem, ...none })}\n`)
    .join('');
}

/** Of what is not there no id is given. */
export function acceptedLines(rows: readonly AcceptedRow[], status: AcceptedStatus): string {
  return rows
    .map(({ line, requestId, assignmentId }) => {
      const ids = status === 'WRITTEN' ? { requestId, assignmentId } : { requestId: null, assignmentId: null };
      return `${JSON.stringify({ line, status, code: null, column: null, reason: null, ...ids })}\n`;
    })
    .join('');
}

/** A line and two ids. */
const ROW_BYTES = 36;

/** For all rows of a file to wait in until it is known what becomes of them: a fifth of their lines, outside V8's heap. */
export function packed(rows: readonly AcceptedRow[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(rows.length * ROW_BYTES);
  for (const [index, { line, requestId, assignmentId }] of rows.entries()) {
    const at = bytes.writeUInt32LE(line, index * ROW_BYTES);
    bytes.write(requestId.replaceAll('-', ''), at, 'hex');
    bytes.write(assignmentId.replaceAll('-', ''), at + 16, 'hex');
  }
  return bytes;
}

export function unpacked(bytes: Buffer): AcceptedRow[] {
  const id = (at: number) => bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return Array.from({ length: bytes.length / ROW_BYTES }, (_, index) => {
    const at = index * ROW_BYTES;
    return { line: bytes.readUInt32LE(at), requestId: id(at + 4), assignmentId: id(at + 20) };
  });
}

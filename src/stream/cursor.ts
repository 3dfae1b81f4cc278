/** From where on? A cursor is a position of one epoch of the log, opaque to its holder. */

export interface Cursor {
  readonly epoch: string;
  readonly position: number;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,16})$/;

export function encodeCursor({ epoch, position }: Cursor): string {
  return Buffer.from(`${epoch}:${position}`).toString('base64url');
}

/** @returns null when the text is no cursor of an event log */
export function decodeCursor(text: string): Cursor | null {
  const [, epoch = '', digits] = FORM.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  const position = Number(digits);
  return Number.isSafeInteger(position) ? { epoch, position } : null;
}

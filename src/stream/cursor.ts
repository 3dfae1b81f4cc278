/** From where on? A cursor is a position of one epoch of the log, opaque to its holder. */

export interface Cursor {
  readonly epoch: string;
  readonly position: bigint;
}

const FORM = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,18})$/;

export function encodeCursor({ epoch, position }: Cursor): string {
  return Buffer.from(`${epoch}:${position}`).toString('base64url');
}

/** @returns null when the text is no cursor of an event log */
export function decodeCursor(text: string): Cursor | null {
  const match = FORM.exec(Buffer.from(text, 'base64url').toString());
  return match ? { epoch: match[1] as string, position: BigInt(match[2] as string) } : null;
}

/** What in a file is UTF-8, and which line do its bytes stand in? Its pieces are cut between characters, its lines counted as they come. */
import { isUtf8 } from 'node:buffer';

/** Bytes: csv-parse makes all rows of what it is given before the first of them is taken. */
const AT_A_TIME = 16_384;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

/** The last one is a word: all bytes have come, or those that follow are no UTF-8. */
export type Piece = Buffer | 'END' | 'NOT_UTF8';

/** Without the byte order mark. */
export async function* utf8Pieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let begun = false;
  let rest = Buffer.alloc(0);
  for await (const each of bytes) {
    for (let from = 0; from < each.length; from += AT_A_TIME) {
      const next = each.subarray(from, from + AT_A_TIME);
      const piece = rest.length === 0 ? next : Buffer.concat([rest, next]);
      const end = piece.length - unfinished(piece);
      const whole = piece.subarray(begun || !startsWithMark(piece) ? 0 : BYTE_ORDER_MARK.length, end);
      begun ||= end > 0;
      if (!isUtf8(whole)) {
        yield whole.subarray(0, validBytes(whole));
        yield 'NOT_UTF8';
        return;
      }
      yield whole;
      rest = Buffer.from(piece.subarray(end));
    }
  }
  yield rest.length === 0 ? 'END' : 'NOT_UTF8';
}

const startsWithMark = (piece: Buffer) => piece.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);

/** Bytes at the end of a character whose others have not come. */
function unfinished(piece: Buffer): number {
  for (let count = 1; count <= Math.min(3, piece.length); count++) {
    const byte = piece[piece.length - count] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > count ? count : 0;
  }
  return 0;
}

/** As many as are UTF-8 from the beginning of a piece that is not. */
function validBytes(piece: Buffer): number {
  const finished = (size: number) => size - unfinished(piece.subarray(0, size));
  let [good, bad] = [0, piece.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(piece.subarray(0, finished(middle)))) good = middle;
    else bad = middle;
  }
  return finished(good);
}

/** Where lines end, be it with LF, CR, or both together as one. */
export class LineEnds {
  /** Offsets behind them, from the last one on that was passed. */
  #ends: number[] = [];
  #passed = 0;
  #forgotten = 0;
  #bytes = 0;
  #last = 0;

  add(piece: Buffer): void {
    const kept = Math.max(0, this.#passed - 1);
    this.#ends.splice(0, kept);
    this.#passed -= kept;
    this.#forgotten += kept;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      const end = this.#bytes + at + 1;
      if (byte === LINE_FEED && this.#last === CARRIAGE_RETURN) this.#ends[this.#ends.length - 1] = end;
      else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) this.#ends.push(end);
      this.#last = byte;
    }
    this.#bytes += piece.length;
  }

  /** Of all that has come. */
  get count(): number {
    return this.#forgotten + this.#ends.length;
  }

  /** Which line, counted from 1, holds the byte at this offset? Offsets never become smaller. */
  lineAt(offset: number): number {
    while (this.#passed < this.#ends.length && (this.#ends[this.#passed] as number) <= offset) this.#passed++;
    return this.#forgotten + this.#passed + 1;
  }
}

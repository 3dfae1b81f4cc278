/** How does a value of a row, as PostgreSQL sends it in binary, look in JSON and in CSV? Written byte by byte, which is several times as fast as strings. */

/** A row as it lies in the bytes; a value that is null has the length -1. */
export interface Row {
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

/** Writes at the place, and gives the place behind. */
export type Write = (out: Uint8Array, at: number, row: Row) => number;

/** What a byte of a text becomes at most: `\u0000`. */
export const ESCAPED_BYTES = 6;
/** What a value that is no text takes at most. */
export const VALUE_BYTES = 128;

const [TAB, LINE_FEED, CARRIAGE_RETURN] = [0x09, 0x0a, 0x0d];
const [QUOTE, APOSTROPHE, COMMA, DASH, BACKSLASH] = [0x22, 0x27, 0x2c, 0x2d, 0x5c];
const [ZERO, COLON] = [0x30, 0x3a];

/** What ends a COPY. */
const TRAILER = 0xff;

/** @returns where the row that begins there ends; 0 when not all of it is there, or there is none */
export function findRow({ bytes, starts, lengths }: Row, from: number, end: number): number {
  if (from + 2 > end || bytes[from] === TRAILER) return 0;
  let at = from + 2;
  for (let column = 0; column < starts.length; column++) {
    if (at + 4 > end) return 0;
    const length = int32(bytes, at);
    at += 4;
    starts[column] = at;
    lengths[column] = length;
    if (length > 0) at += length;
  }
  return at <= end ? at : 0;
}

export function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let index = 0; index < bytes.length; index++) out[at + index] = bytes[index] as number;
  return at + bytes.length;
}

/** Of ASCII. */
export function putText(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** As it is. */
export function copied(column: number): Write {
  return (out, at, { bytes, starts, lengths }) => {
    const from = starts[column] as number;
    const length = lengths[column] as number;
    for (let index = 0; index < length; index++) out[at + index] = bytes[from + index] as number;
    return at + length;
  };
}

/** What begins with a backslash in JSON: 0 for nothing, 1 for six characters, or the character behind it. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => (byte < 0x20 ? 1 : 0));
for (const [byte, letter] of [
  [0x08, 'b'],
  [TAB, 't'],
  [LINE_FEED, 'n'],
  [0x0c, 'f'],
  [CARRIAGE_RETURN, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  ESCAPES[byte] = letter.charCodeAt(0);
}

/** A text of JSON, without its quotes. @see https://www.rfc-editor.org/rfc/rfc8259#section-7 */
export function jsonText(column: number): Write {
  return (out, at, { bytes, starts, lengths }) => {
    const from = starts[column] as number;
    const end = from + (lengths[column] as number);
    let next = at;
    for (let index = from; index < end; index++) {
      const byte = bytes[index] as number;
      const escaped = ESCAPES[byte] as number;
      if (escaped === 0) {
        out[next++] = byte;
        continue;
      }
      out[next++] = BACKSLASH;
      if (escaped === 1) next = putText(out, next, `u${byte.toString(16).padStart(4, '0')}`);
      else out[next++] = escaped;
    }
    return next;
  };
}

/** A cell of CSV: in quotes where it holds what ends one. @param harmless with an apostrophe in front of what a spreadsheet takes for a formula */
export function csvText(column: number, harmless: boolean, skippedBytes = 0): Write {
  return (out, at, { bytes, starts, lengths }) => {
    const from = (starts[column] as number) + skippedBytes;
    const end = (starts[column] as number) + (lengths[column] as number);
    const isQuoted = needsQuotes(bytes, from, end);
    let next = at;
    if (isQuoted) out[next++] = QUOTE;
    if (harmless && from < end && isFormula(bytes, from)) out[next++] = APOSTROPHE;
    for (let index = from; index < end; index++) {
      const byte = bytes[index] as number;
      if (byte === QUOTE) out[next++] = QUOTE;
      out[next++] = byte;
    }
    if (isQuoted) out[next++] = QUOTE;
    return next;
  };
}

/** @see https://www.rfc-editor.org/rfc/rfc4180#section-2 */
function needsQuotes(bytes: Uint8Array, from: number, end: number): boolean {
  for (let index = from; index < end; index++) {
    const byte = bytes[index];
    if (byte === COMMA || byte === QUOTE || byte === LINE_FEED || byte === CARRIAGE_RETURN) return true;
  }
  return false;
}

const FORMULA = new Set([TAB, CARRIAGE_RETURN, ...Buffer.from('=+-@')]);
/** The last bytes of the same characters in full width, all of which begin with EF BC. */
const WIDE_FORMULA = new Set([0x9d, 0x8b, 0x8d, 0xa0]);

/** @see https://owasp.org/www-community/attacks/CSV_Injection */
function isFormula(bytes: Uint8Array, from: number): boolean {
  if (FORMULA.has(bytes[from] as number)) return true;
  return bytes[from] === 0xef && bytes[from + 1] === 0xbc && WIDE_FORMULA.has(bytes[from + 2] as number);
}

const [TRUE, FALSE] = [Buffer.from('true'), Buffer.from('false')];

export function truth(column: number): Write {
  return (out, at, { bytes, starts }) => put(out, at, bytes[starts[column] as number] === 0 ? FALSE : TRUE);
}

/** What stands before the text of a jsonb. */
export const JSONB_VERSION_BYTES = 1;

/** Of a jsonb. */
export function json(column: number): Write {
  return (out, at, { bytes, starts, lengths }) => {
    const from = (starts[column] as number) + JSONB_VERSION_BYTES;
    const end = (starts[column] as number) + (lengths[column] as number);
    let next = at;
    for (let index = from; index < end; index++) out[next++] = bytes[index] as number;
    return next;
  };
}

/** A bigint as it is written in JSON. */
export function integer(column: number): Write {
  return (out, at, { bytes, starts }) => bigintText(out, at, bytes, starts[column] as number);
}

function bigintText(out: Uint8Array, at: number, bytes: Buffer, from: number): number {
  const number = int32(bytes, from) * 4_294_967_296 + (int32(bytes, from + 4) >>> 0);
  return putText(out, at, String(Number.isSafeInteger(number) ? number : bytes.readBigInt64BE(from)));
}

export function uuid(column: number): Write {
  return (out, at, { bytes, starts }) => uuidText(out, at, bytes, starts[column] as number);
}

export function int32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const DAY = 86_400_000;
/** 2000-01-01, from which PostgreSQL counts, in milliseconds of the epoch. */
const POSTGRES_EPOCH = 946_684_800_000;

/** A timestamptz as RFC 3339 writes it, cut to milliseconds. */
export function instant(column: number): Write {
  return (out, at, { bytes, starts }) => {
    const from = starts[column] as number;
    const [high, low] = [int32(bytes, from), int32(bytes, from + 4) >>> 0];
    // 2 ** 32 microseconds are 4,294,967 milliseconds and 296 microseconds: no number on the way is too large to be exact.
    const now = high * 4_294_967 + Math.floor((high * 296 + low) / 1000) + POSTGRES_EPOCH;
    const day = Math.floor(now / DAY);
    return time(out, date(out, at, day), now - day * DAY);
  };
}

/** @param day since 1970-01-01. @see https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
function date(out: Uint8Array, at: number, day: number): number {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const century = Math.floor(year / 100);
  twoDigits(out, at, century);
  twoDigits(out, at + 2, year - century * 100);
  out[at + 4] = DASH;
  twoDigits(out, at + 5, month);
  out[at + 7] = DASH;
  twoDigits(out, at + 8, ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1);
  return at + 10;
}

/** @param left milliseconds of the day */
function time(out: Uint8Array, at: number, left: number): number {
  const seconds = Math.floor(left / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const milliseconds = left - seconds * 1000;
  const hundreds = Math.floor(milliseconds / 100);
  out[at] = 0x54;
  twoDigits(out, at + 1, hours);
  out[at + 3] = COLON;
  twoDigits(out, at + 4, minutes - hours * 60);
  out[at + 6] = COLON;
  twoDigits(out, at + 7, seconds - minutes * 60);
  out[at + 9] = 0x2e;
  out[at + 10] = ZERO + hundreds;
  twoDigits(out, at + 11, milliseconds - hundreds * 100);
  out[at + 13] = 0x5a;
  return at + 14;
}

function twoDigits(out: Uint8Array, at: number, number: number): void {
  const tens = Math.floor(number / 10);
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + number - tens * 10;
}

/** Where the digits of each byte of a uuid stand in its text. */
const DIGITS_AT = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);
const HEX = Buffer.from('0123456789abcdef');
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** The place for the text that is written in base64; a Buffer like every other, as V8 takes longer for two kinds of array. */
const idText = Buffer.alloc(64);

/** An id of the schema: `Type:uuid` in base64. @param prefix the type and the colon */
export function globalId(column: number, prefix: Buffer): Write {
  // Whole groups of three look the same in every row.
  const whole = prefix.length - (prefix.length % 3);
  const head = Buffer.from(prefix.toString('base64url', 0, whole));
  const rest = prefix.subarray(whole);
  return (out, at, { bytes, starts }) => {
    const next = put(out, at, head);
    const length = put(idText, 0, rest);
    return base64(out, next, uuidText(idText, length, bytes, starts[column] as number));
  };
}

/** A place in the event log: `epoch:position` in base64, as `stream/cursor.ts` reads it. */
export function logCursor(epoch: number, position: number): Write {
  return (out, at, { bytes, starts }) => {
    const length = uuidText(idText, 0, bytes, starts[epoch] as number);
    idText[length] = COLON;
    return base64(out, at, bigintText(idText, length + 1, bytes, starts[position] as number));
  };
}

function uuidText(out: Uint8Array, at: number, bytes: Uint8Array, from: number): number {
  for (let index = 0; index < 16; index++) {
    const byte = bytes[from + index] as number;
    const to = at + (DIGITS_AT[index] as number);
    out[to] = HEX[byte >> 4] as number;
    out[to + 1] = HEX[byte & 15] as number;
  }
  out[at + 8] = DASH;
  out[at + 13] = DASH;
  out[at + 18] = DASH;
  out[at + 23] = DASH;
  return at + 36;
}

/** Without what fills it up to four. */
function base64(out: Uint8Array, at: number, length: number): number {
  idText[length] = 0;
  idText[length + 1] = 0;
  let next = at;
  for (let index = 0; index < length; index += 3) {
    const bits =
      ((idText[index] as number) << 16) | ((idText[index + 1] as number) << 8) | (idText[index + 2] as number);
    out[next] = BASE64[bits >> 18] as number;
    out[next + 1] = BASE64[(bits >> 12) & 63] as number;
    out[next + 2] = BASE64[(bits >> 6) & 63] as number;
    out[next + 3] = BASE64[bits & 63] as number;
    next += 4;
  }
  return at + Math.ceil((length * 4) / 3);
}

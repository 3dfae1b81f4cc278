/** Where does a field stand in a row as the database sends it? Beside its resolver, which says the same of an object. */
import type { Context } from './context.ts';
import type { NodeType } from './ids.ts';

/** So a list can be written from bytes. A field without one makes its list one of objects, wherever it is selected. */
export type Column =
  /** A property of the row. Behind an `ID` it is a uuid. */
  | { readonly kind: 'PROPERTY'; readonly property: string }
  /** The global id of the row. */
  | { readonly kind: 'GLOBAL_ID' }
  /** A row that it names; with `among` only where its id is one of these. */
  | { readonly kind: 'ROW'; readonly name: string; readonly among?: (context: Context) => readonly string[] }
  /** The same row once more; null where all of these are. */
  | { readonly kind: 'SAME_ROW'; readonly unless: readonly string[] }
  /** The rows of a page, one by one. */
  | { readonly kind: 'ROWS' }
  /** The place of the row in the list. */
  | { readonly kind: 'CURSOR' }
  | { readonly kind: 'CONSTANT'; readonly value: string }
  /** A place in the event log, of the properties that hold its epoch and its position. */
  | { readonly kind: 'LOG_CURSOR'; readonly epoch: string; readonly position: string };

/** The type of an object by a word of its row. */
export interface TypeOf {
  readonly property: string;
  readonly types: Readonly<Record<string, NodeType>>;
}

interface Extensions {
  readonly column?: Column;
  readonly typeOf?: TypeOf;
}

/** Of a field. */
export function columnIn(extensions: object): Column | undefined {
  return (extensions as Extensions).column;
}

/** Of an interface. */
export function typeIn(extensions: object): TypeOf | undefined {
  return (extensions as Extensions).typeOf;
}

const of = (column: Column) => ({ extensions: { column } });

export const property = (name: string) => of({ kind: 'PROPERTY', property: name });
export const ownId = () => of({ kind: 'GLOBAL_ID' });
export const row = (name: string, among?: (context: Context) => readonly string[]) =>
  of({ kind: 'ROW', name, ...(among && { among }) });
export const sameRow = (...unless: readonly string[]) => of({ kind: 'SAME_ROW', unless });
export const rows = () => of({ kind: 'ROWS' });
export const cursor = () => of({ kind: 'CURSOR' });
export const constant = (value: string) => of({ kind: 'CONSTANT', value });
export const logCursor = (epoch: string, position: string) => of({ kind: 'LOG_CURSOR', epoch, position });

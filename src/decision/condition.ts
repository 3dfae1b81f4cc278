/** Is this an ABAC condition? A recursive descent through the condition language of Azure. @see https://learn.microsoft.com/azure/role-based-access-control/conditions-format */
import { type Refusal, refusal } from '../refusals.ts';
import type { Provider } from './words.ts';

/** Characters, as in Azure. */
export const CONDITION_MAXIMUM = 8192;

/** Parentheses and negations in each other: more than anybody writes, and less than the stack holds. */
const DEPTH_MAXIMUM = 100;

export interface ConditionFault {
  /** Of the first character that does not fit, counted from 1. */
  readonly position: number;
  readonly expected: string;
}

type Kind = 'string' | 'number' | 'date' | 'boolean' | 'guid';

const STRINGS = ['Equals', 'StartsWith', 'Like'].flatMap((verb) => [verb, `Not${verb}`]);
const ORDERS = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const KINDS: readonly (readonly [string, Kind])[] = [
  ...STRINGS.flatMap((verb) => [[`String${verb}`, 'string'] as const, [`String${verb}IgnoreCase`, 'string'] as const]),
  ...ORDERS.flatMap((verb) => [[`Numeric${verb}`, 'number'] as const, [`DateTime${verb}`, 'date'] as const]),
  ['BoolEquals', 'boolean'],
  ['BoolNotEquals', 'boolean'],
  ['GuidEquals', 'guid'],
  ['GuidNotEquals', 'guid'],
];
/** By their names in small letters: Azure's own roles write words in any letter case, and GUIDs without hyphens. */
const OPERATORS: ReadonlyMap<string, Kind> = new Map(KINDS.map(([name, kind]) => [name.toLowerCase(), kind]));
const QUANTIFIER = /For(Any|All)Of(Any|All)Values:/iy;

const SPACE = /\s*/y;
const WORD = /[A-Za-z]+/y;
const ATTRIBUTE = /@(Resource|Request|Principal|Environment)\[[^\s[\]'][^[\]']*\]/iy;
const QUOTED = /'(?:[^'\\]|\\['\\]|'')*'/y;
const GUID = /'?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}'?/iy;
const NUMBER = /-?\d+(\.\d+)?/y;
const BOOLEAN = /true|false|'true'|'false'/iy;
const DATE = /'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})'/y;

const LITERALS: Record<Kind, { readonly form: RegExp; readonly name: string }> = {
  string: { form: QUOTED, name: "text in single quotes, such as 'logs'" },
  number: { form: NUMBER, name: 'a number' },
  date: { form: DATE, name: "an instant in single quotes, such as '2026-03-01T09:30:00Z'" },
  boolean: { form: BOOLEAN, name: 'true or false' },
  guid: { form: GUID, name: 'a GUID' },
};

/** @returns null when the text is a condition */
export function conditionFault(text: string): ConditionFault | null {
  if (text.length > CONDITION_MAXIMUM) {
    return {
      position: CONDITION_MAXIMUM + 1,
      expected: `the end: a condition has at most ${CONDITION_MAXIMUM} characters`,
    };
  }
  const reader = new Reader(text);
  try {
    disjunction(reader, 0);
    if (!reader.ended()) throw new Unexpected(reader.at, 'AND, OR or the end');
    return null;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return { position: error.at + 1, expected: error.expected };
  }
}

class Unexpected extends Error {
  readonly at: number;
  readonly expected: string;
  constructor(at: number, expected: string) {
    super();
    this.at = at;
    this.expected = expected;
  }
}

/** A place in the text. Whatever is taken, the space behind it goes along. */
class Reader {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
    this.match(SPACE);
  }
  ended(): boolean {
    return this.at === this.text.length;
  }
  /** Takes what the sticky form finds here. */
  take(form: RegExp): string | null {
    const found = this.match(form);
    this.match(SPACE);
    return found;
  }
  /** Takes a sign if it stands here. */
  sign(sign: string): boolean {
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    this.match(SPACE);
    return true;
  }
  /** Takes a whole word if it stands here: `OR`, and not the beginning of `ORDER`. */
  word(word: string): boolean {
    WORD.lastIndex = this.at;
    const found = WORD.exec(this.text)?.[0] ?? '';
    return found.toLowerCase() === word.toLowerCase() && this.sign(found);
  }
  private match(form: RegExp): string | null {
    form.lastIndex = this.at;
    const found = form.exec(this.text)?.[0] ?? null;
    this.at += found?.length ?? 0;
    return found;
  }
}

function disjunction(reader: Reader, depth: number): void {
  conjunction(reader, depth);
  while (reader.sign('||') || reader.word('OR')) conjunction(reader, depth);
}

function conjunction(reader: Reader, depth: number): void {
  term(reader, depth);
  while (reader.sign('&&') || reader.word('AND')) term(reader, depth);
}

function term(reader: Reader, depth: number): void {
  if (depth > DEPTH_MAXIMUM) throw new Unexpected(reader.at, `at most ${DEPTH_MAXIMUM} parentheses in each other`);
  if (reader.sign('!') || reader.word('NOT')) {
    term(reader, depth + 1);
  } else if (reader.sign('(')) {
    disjunction(reader, depth + 1);
    if (!reader.sign(')')) throw new Unexpected(reader.at, 'AND, OR or )');
  } else if (reader.word('ActionMatches') || reader.word('SubOperationMatches')) {
    names(reader);
  } else if (reader.word('Exists')) {
    attribute(reader, 'an attribute');
  } else {
    attribute(reader, 'an attribute, ActionMatches, SubOperationMatches, Exists, NOT or (');
    comparison(reader);
  }
}

/** `@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]` */
function attribute(reader: Reader, expected: string): void {
  const from = reader.at;
  if (reader.take(ATTRIBUTE) !== null) return;
  const begun = reader.text[from] === '@';
  const forms = '@Resource[…], @Request[…], @Principal[…] or @Environment[…]';
  throw new Unexpected(from, begun ? forms : expected);
}

function comparison(reader: Reader): void {
  reader.take(QUANTIFIER);
  const from = reader.at;
  const kind = OPERATORS.get(reader.take(WORD)?.toLowerCase() ?? '');
  if (kind === undefined)
    throw new Unexpected(from, 'an operator, such as StringEquals or ForAnyOfAnyValues:GuidEquals');
  if (reader.text[reader.at] === '@') attribute(reader, 'an attribute');
  else if (reader.sign('{')) literals(reader, kind);
  else literal(reader, kind, ', { or an attribute');
}

/** The names of actions in braces; none at all matches none. */
function names(reader: Reader): void {
  if (!reader.sign('{')) throw new Unexpected(reader.at, '{');
  if (reader.sign('}')) return;
  literals(reader, 'string');
}

function literals(reader: Reader, kind: Kind): void {
  do literal(reader, kind, '');
  while (reader.sign(','));
  if (!reader.sign('}')) throw new Unexpected(reader.at, 'a comma or }');
}

function literal(reader: Reader, kind: Kind, alternatives: string): void {
  const { form, name } = LITERALS[kind];
  if (reader.take(form) === null) throw new Unexpected(reader.at, `${name}${alternatives}`);
}

/** Only what Azure calls a role assignment can be narrowed. */
export function conditionRefusal(provider: Provider, condition: string | null): Refusal | null {
  if (condition === null) return null;
  if (provider !== 'AZURE_RESOURCE') return refusal('CONDITION_NOT_ALLOWED', { field: ['condition'] });
  const fault = conditionFault(condition);
  if (fault === null) return null;
  const hint = `At position ${fault.position}, expected ${fault.expected}.`;
  return refusal('CONDITION_INVALID', { field: ['condition'], hint });
}

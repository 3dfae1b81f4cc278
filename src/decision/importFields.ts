/** Is a field of an imported item what it must be? Every problem of an item is collected, so that one run names them all. */
import { parseInstant } from './instant.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The longest id Azure Resource Manager gives is a little shorter. */
const LONGEST_TEXT = 2_000;

/** Reads the fields of one item; an unfit one is told to `problems`, and something harmless is read instead. */
export function fieldsOf(item: JsonObject, problems: string[]) {
  const must = (name: string, what: string) => {
    problems.push(`${name} is ${shown(item[name])}: it must be ${what}`);
  };
  const optional = (name: string): string | null => {
    const value = item[name] ?? null;
    if (value === null || value === '') return null;
    if (typeof value === 'string' && isPlain(value) && value.length <= LONGEST_TEXT) return value;
    must(name, `text of at most ${LONGEST_TEXT} characters, without control characters`);
    return null;
  };
  return {
    optional,
    text: (name: string): string => {
      const found = optional(name);
      if (found === null && !problems.some((problem) => problem.startsWith(`${name} `))) must(name, 'given');
      return found ?? '';
    },
    id: (name: string): string => {
      const value = item[name];
      if (typeof value === 'string' && UUID.test(value)) return value.toLowerCase();
      must(name, 'a GUID');
      return '';
    },
    optionalId: (name: string): string | null => {
      const value = item[name] ?? null;
      if (value === null || (typeof value === 'string' && UUID.test(value))) return value?.toLowerCase() ?? null;
      must(name, 'a GUID');
      return null;
    },
    flag: (name: string, fallback: boolean): boolean => {
      const value = item[name] ?? fallback;
      if (typeof value !== 'boolean') must(name, 'true or false');
      return value === true;
    },
    instant: (name: string): Date | null => {
      const value = item[name] ?? null;
      if (value === null) return null;
      const at = typeof value === 'string' ? parseInstant(value) : null;
      if (at === null) must(name, 'an instant that exists, such as 2026-01-31T12:00:00Z');
      return at;
    },
    texts: (name: string): string[] => {
      const value = item[name] ?? [];
      if (Array.isArray(value) && value.every((each) => typeof each === 'string' && isPlain(each))) return value;
      must(name, 'a list of texts');
      return [];
    },
    objects: (name: string): JsonObject[] => {
      const value = item[name] ?? [];
      if (Array.isArray(value) && value.every(isObject)) return value;
      must(name, 'a list of objects');
      return [];
    },
  };
}

/** Why a path is none of a scope, or null when it is one. */
export function unfitPath(path: string): string | null {
  if (!path.startsWith('/')) return 'it must begin with /';
  if (path.endsWith('/')) return 'it must not end with /';
  if (path.includes('//')) return 'it must not hold //';
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    return 'it must not hold . or .. segments';
  if (!isPlain(path) || /[?#\\%]/.test(path)) return 'it must not hold ?, #, %, \\ or control characters';
  return null;
}

/** A value as a refusal quotes it: short, and never with its own line breaks. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for; PostgreSQL has no text with \0
  return !/[\u0000-\u001f\u007f]/.test(text) && text.isWellFormed();
}

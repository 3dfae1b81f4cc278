/** Does a row of an import say who gets what, where and when? */
import type { RowProblem } from '../refusals.ts';
import { DURATION_FORM, parseDuration } from './duration.ts';
import { parseInstant } from './instant.ts';
import type { Reasons } from './rules.ts';
import type { ScheduleInput } from './schedule.ts';
import { ASSIGNMENT_TYPES, type AssignmentType, PROVIDERS, type Provider } from './words.ts';

export const ASSIGNMENT_COLUMNS = {
  known: [
    ...['principal', 'role', 'provider', 'scope', 'type', 'startsAt', 'endsAt', 'duration'],
    ...['condition', 'justification', 'ticketNumber', 'ticketSystem'],
  ],
  required: ['principal', 'role', 'type'],
} as const;

/** Something named by its id, or by what people call it. */
export type Name = { readonly id: string } | { readonly name: string };

export interface ReadAssignmentRow {
  readonly principal: Name;
  readonly role: Name;
  /** Null: not said, and the role alone decides. */
  readonly provider: Provider | null;
  /** A path; null: the directory, for an Entra role. */
  readonly scope: string | null;
  readonly type: AssignmentType;
  readonly schedule: ScheduleInput;
  readonly condition: string | null;
  readonly reasons: Reasons;
}

type Values = Readonly<Record<string, string | null | undefined>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const GLOBAL = /^(User|Group|ServicePrincipal|ManagedIdentity|Role):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const LAST_YEAR = 9000;

const invalid = (column: string, reason: string): RowProblem => ({ code: 'INVALID_VALUE', column, reason });

/** The first thing that is wrong, in the order of the columns. */
export function readAssignmentRow(values: Values): ReadAssignmentRow | RowProblem {
  for (const [column, text] of Object.entries(values)) {
    if (text && (text.includes('\0') || !text.isWellFormed())) {
      return invalid(column, 'The value holds a character that cannot be kept: U+0000 or half of a surrogate pair.');
    }
  }
  const missing = ASSIGNMENT_COLUMNS.required.find((column) => !values[column]?.trim());
  if (missing) return { code: 'MISSING_VALUE', column: missing, reason: 'Give a value.' };
  const provider = wordOf(PROVIDERS, values.provider ?? null);
  if (provider === undefined) return invalid('provider', `Give one of ${PROVIDERS.join(', ')}.`);
  const type = wordOf(ASSIGNMENT_TYPES, values.type as string);
  if (!type) return invalid('type', `Give one of ${ASSIGNMENT_TYPES.join(', ')}.`);
  const startsAt = instantOf(values.startsAt);
  if (startsAt === undefined) return invalid('startsAt', AN_INSTANT);
  const endsAt = instantOf(values.endsAt);
  if (endsAt === undefined) return invalid('endsAt', AN_INSTANT);
  const durationMinutes = values.duration ? parseDuration(values.duration) : null;
  if (values.duration && durationMinutes === null) return invalid('duration', `Give ${DURATION_FORM}.`);
  const { scope = null, condition = null, justification = null, ticketNumber = null, ticketSystem = null } = values;
  return {
    ...{ principal: nameOf(values.principal as string), role: nameOf(values.role as string) },
    ...{ provider, scope, type, schedule: { startsAt, endsAt, durationMinutes }, condition },
    reasons: { justification, ticketNumber, ticketSystem },
  };
}

const AN_INSTANT = `Give an instant that exists, up to the year ${LAST_YEAR}, such as 2026-03-01T09:30:00Z.`;

function wordOf<Word extends string>(words: readonly Word[], text: string | null): Word | null | undefined {
  return text === null ? null : words.find((word) => word === text);
}

function instantOf(text: string | null | undefined): Date | null | undefined {
  if (!text) return null;
  const at = parseInstant(text);
  return at !== null && at.getUTCFullYear() <= LAST_YEAR ? at : undefined;
}

/** A uuid, an id as the API writes them, or else a name. */
function nameOf(text: string): Name {
  if (UUID.test(text)) return { id: text.toLowerCase() };
  const [, , id] = GLOBAL.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  return id ? { id } : { name: text.trim() };
}

/** What is every type made of? The Pothos builder, the scalars, and the words that become enums. */
import SchemaBuilder from '@pothos/core';
import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { DURATION_FORM, formatDuration, parseDuration } from '../src/decision/duration.ts';
import {
  ASSIGNMENT_STATES,
  ASSIGNMENT_TYPES,
  END_REASONS,
  PRINCIPAL_KINDS,
  PROVIDERS,
  REQUEST_ACTIONS,
  REQUEST_STATUSES,
  SCOPE_KINDS,
  USER_TYPES,
} from '../src/decision/words.ts';
import { ASSIGNMENT_PHASES } from '../src/store/assignment.ts';
import { ArgumentError } from '../src/store/connection.ts';
import type { Context } from './context.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** A text is one of `instantText`: it goes out as it is. */
    DateTime: { Input: Date; Output: Date | string };
    Duration: { Input: number; Output: number };
    ScopePath: { Input: string; Output: string };
    Cursor: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    JSONObject: { Input: Record<string, unknown>; Output: Readonly<Record<string, unknown>> };
  };
}>({ defaultFieldNullability: false });

// Without it a literal is parsed like a variable.
const { parseLiteral: _parseLiteral, ...dateTime } = GraphQLDateTime.toConfig();
builder.addScalarType(
  'DateTime',
  new GraphQLScalarType({
    ...dateTime,
    serialize: (at) => (typeof at === 'string' ? at : (dateTime.serialize as (at: unknown) => Date)(at)) as Date,
    parseValue: parseInstant,
    description: 'An instant in UTC, such as `2026-03-01T09:30:00.000Z`.',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  }),
);
/** PostgreSQL has no year 0 and writes those after 9999 in its own way. */
function parseInstant(text: unknown): Date {
  const at = instantOrNull(text);
  if (at !== null && at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999) return at;
  throw new ArgumentError('Give an instant of the years 1 to 9999, such as 2026-03-01T09:30:00Z.');
}

function instantOrNull(text: unknown): Date | null {
  try {
    return GraphQLDateTime.parseValue(text);
  } catch {
    return null;
  }
}

builder.addScalarType(
  'SafeInt',
  new GraphQLScalarType({
    ...GraphQLSafeInt.toConfig(),
    description: 'A whole number from 0 to 2^53 - 1.',
  }),
);
builder.addScalarType(
  'JSONObject',
  new GraphQLScalarType({
    ...GraphQLJSONObject.toConfig(),
    description: 'A JSON object whose shape is open.',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  }),
);
builder.addScalarType(
  'Duration',
  new GraphQLScalarType<number, string>({
    name: 'Duration',
    description: `Minutes as ${DURATION_FORM}. Years, months and seconds are not accepted.`,
    specifiedByURL: 'https://www.iso.org/iso-8601-date-and-time-format.html',
    serialize: (minutes) => formatDuration(minutes as number),
    parseValue: (text) => {
      const minutes = typeof text === 'string' ? parseDuration(text) : null;
      if (minutes === null) throw new ArgumentError(`Give ${DURATION_FORM}.`);
      return minutes;
    },
  }),
);

const PATH_FORM = /^(\/|(\/[^/\s][^/]*)+\/?)$/;
builder.addScalarType(
  'ScopePath',
  new GraphQLScalarType<string, string>({
    name: 'ScopePath',
    description:
      'Path of a scope: `/`, `/administrativeUnits/{id}` or `/{objectId}` for Entra roles, `/groups/{id}` for groups, and the resource id for Azure, such as `/subscriptions/{id}/resourceGroups/{name}`. Letter case and one trailing slash make no difference.',
    serialize: (path) => path as string,
    parseValue: (text) => {
      const segments = typeof text === 'string' ? text.split('/') : [];
      if (
        typeof text !== 'string' ||
        text.length > 2048 ||
        !PATH_FORM.test(text) ||
        segments.some((s) => /^\.{1,2}$/.test(s) || s.includes('%'))
      ) {
        throw new ArgumentError(
          'Give the path of a scope, such as / or /subscriptions/{id}: it begins with a slash, and no segment is empty, "." or "..", or percent-encoded.',
        );
      }
      return text;
    },
  }),
);
/** A name of 2,000 characters of three bytes each is in it, and an id, in Base64. */
const CURSOR_FORM = /^[\w-]{1,10000}$/;

builder.addScalarType(
  'Cursor',
  new GraphQLScalarType<string, string>({
    name: 'Cursor',
    description: 'A place in a list or in the event log: opaque, and of use only where it came from.',
    serialize: (cursor) => cursor as string,
    parseValue: (text) => {
      if (typeof text !== 'string' || !CURSOR_FORM.test(text)) {
        throw new ArgumentError('Give a cursor that the gateway returned.', 'BAD_CURSOR');
      }
      return text;
    },
  }),
);

builder.queryType({ description: 'What can be read. Every list holds only the rows that the caller may see.' });
builder.mutationType({
  description: 'What can be changed. An expected no is a refusal in the payload; `errors` are for everything else.',
});
builder.subscriptionType({ description: 'What can be followed, over WebSocket (graphql-transport-ws) and SSE.' });

/** An enum whose values are all described; the compiler notices a missing one. */
function words<const Words extends readonly string[]>(
  name: string,
  description: string,
  values: Words,
  descriptions: Record<Words[number], string>,
) {
  const entries = values.map((value) => [value, { description: descriptions[value as Words[number]] }]);
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(entries) as Record<Words[number], { description: string }>,
  });
}

export const ProviderEnum = words('Provider', 'Which kind of access is managed.', PROVIDERS, {
  ENTRA_ROLE: 'Microsoft Entra directory roles.',
  AZURE_RESOURCE: 'Azure resource roles.',
  GROUP: 'Membership and ownership of groups.',
});

export const PrincipalKindEnum = words('PrincipalKind', 'What a principal is.', PRINCIPAL_KINDS, {
  USER: 'A person, as a member or a guest.',
  GROUP: 'A security or Microsoft 365 group.',
  SERVICE_PRINCIPAL: 'An application in the directory.',
  MANAGED_IDENTITY: 'The identity of an Azure resource.',
});

export const UserTypeEnum = words('UserType', 'How a user belongs to the directory.', USER_TYPES, {
  MEMBER: 'Belongs to the organization.',
  GUEST: 'Invited from outside.',
});

export const ScopeKindEnum = words('ScopeKind', 'What a scope is.', SCOPE_KINDS, {
  DIRECTORY: 'The whole directory, `/`.',
  ADMINISTRATIVE_UNIT: 'The members of an administrative unit.',
  DIRECTORY_OBJECT: 'One application or service principal.',
  TENANT_ROOT: 'Above all Azure management groups, `/`.',
  MANAGEMENT_GROUP: 'An Azure management group.',
  SUBSCRIPTION: 'An Azure subscription.',
  RESOURCE_GROUP: 'An Azure resource group.',
  RESOURCE: 'One Azure resource.',
  GROUP: 'A group, for its members and owners.',
});

export const AssignmentTypeEnum = words('AssignmentType', 'What an assignment gives.', ASSIGNMENT_TYPES, {
  ELIGIBLE: 'The right to activate; nothing else until then.',
  ACTIVE: 'The role itself, with no further step.',
});

export const AssignmentStateEnum = words('AssignmentState', 'Where an assignment comes from.', ASSIGNMENT_STATES, {
  ASSIGNED: 'Made by an administrator, or outside this gateway.',
  ACTIVATED: 'Made by its holder from an eligible assignment.',
});

export const AssignmentPhaseEnum = words('AssignmentPhase', 'Where the clock stands to it.', ASSIGNMENT_PHASES, {
  FUTURE: 'Begins later.',
  IN_FORCE: 'Has begun and not ended.',
  ENDED: 'Is over.',
});

export const EndReasonEnum = words('EndReason', 'Why an assignment is over.', END_REASONS, {
  REMOVED: 'An administrator removed it.',
  DEACTIVATED: 'Its holder deactivated it.',
  EXPIRED: 'It reached its end.',
  FAILED: 'At its start something that it had been granted by no longer held.',
});

export const RequestActionEnum = words('RequestAction', 'What a request asks for.', REQUEST_ACTIONS, {
  ADMIN_ASSIGN: 'An administrator makes an assignment.',
  ADMIN_UPDATE: 'An administrator changes one.',
  ADMIN_REMOVE: 'An administrator removes one.',
  ADMIN_EXTEND: 'An administrator moves its end.',
  ADMIN_RENEW: 'An administrator makes an expired one anew.',
  SELF_ACTIVATE: 'A holder activates an eligible assignment.',
  SELF_DEACTIVATE: 'A holder ends an activation.',
  SELF_EXTEND: 'A holder asks for a later end.',
  SELF_RENEW: 'A former holder asks for an expired one anew.',
});

export const RequestStatusEnum = words('RequestStatus', 'How far a request is.', REQUEST_STATUSES, {
  PENDING_APPROVAL: 'Waits for an approver.',
  PENDING_ADMIN_DECISION: 'Waits for an administrator.',
  GRANTED: 'Granted for a later start.',
  PROVISIONED: 'Carried out: the assignment is in force.',
  REVOKED: 'Carried out: the assignment is over.',
  DENIED: 'An approver denied it.',
  CANCELED: 'Taken back before a decision.',
  TIMED_OUT: 'Not decided in time.',
  FAILED: 'Could not be carried out.',
});

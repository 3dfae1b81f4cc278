/** Which rows of an import can be read, and what is wrong with the others? */
import { describe, expect, it } from 'vitest';
import { readAssignmentRow } from '../../src/decision/assignmentRow.ts';

const ID = '790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b';
const row = (change: Record<string, string | null> = {}) => ({
  ...{ principal: 'una@example.com', role: 'Reader', type: 'ELIGIBLE' },
  ...change,
});

describe('a row', () => {
  it('names by a uuid, by an id of the API, or by a name', () => {
    const user = Buffer.from(`User:${ID}`).toString('base64url');
    expect(readAssignmentRow(row({ principal: ID.toUpperCase(), role: ID }))).toMatchObject({
      ...{ principal: { id: ID }, role: { id: ID } },
    });
    expect(readAssignmentRow(row({ principal: user }))).toMatchObject({
      principal: { id: ID },
      role: { name: 'Reader' },
    });
  });

  it('says when, where and why', () => {
    const full = row({
      ...{ provider: 'AZURE_RESOURCE', scope: '/subscriptions/web', startsAt: '2026-03-01T09:30:00+01:00' },
      ...{ duration: 'P30D', condition: 'x', justification: 'y', ticketNumber: '1', ticketSystem: 'z' },
    });
    expect(readAssignmentRow(full)).toMatchObject({
      ...{ provider: 'AZURE_RESOURCE', scope: '/subscriptions/web', type: 'ELIGIBLE', condition: 'x' },
      schedule: { startsAt: new Date('2026-03-01T08:30:00Z'), endsAt: null, durationMinutes: 43_200 },
      reasons: { justification: 'y', ticketNumber: '1', ticketSystem: 'z' },
    });
  });

  it.each<[string, Record<string, string | null>, string, string]>([
    ['an unfit character, before anything missing', { principal: null, role: 'a\0' }, 'INVALID_VALUE', 'role'],
    ['half of a surrogate pair', { scope: '\ud800' }, 'INVALID_VALUE', 'scope'],
    ['no principal, before a strange provider', { principal: ' ', provider: 'X' }, 'MISSING_VALUE', 'principal'],
    ['no role', { role: null }, 'MISSING_VALUE', 'role'],
    ['no type', { type: '' }, 'MISSING_VALUE', 'type'],
    ['a strange provider, before a strange type', { provider: 'X', type: 'X' }, 'INVALID_VALUE', 'provider'],
    ['a strange type, before a strange start', { type: 'active', startsAt: 'x' }, 'INVALID_VALUE', 'type'],
    ['a start without a zone', { startsAt: '2026-03-01T09:30:00' }, 'INVALID_VALUE', 'startsAt'],
    [
      'a day that is none, before a strange end',
      { startsAt: '2026-13-01T09:30:00Z', endsAt: 'x' },
      'INVALID_VALUE',
      'startsAt',
    ],
    ['a day that its month does not have', { endsAt: '2027-02-31T00:00:00Z' }, 'INVALID_VALUE', 'endsAt'],
    [
      'an end too late, before a strange duration',
      { endsAt: '9999-01-01T00:00:00Z', duration: 'x' },
      'INVALID_VALUE',
      'endsAt',
    ],
    ['a strange duration', { duration: 'P1Y' }, 'INVALID_VALUE', 'duration'],
  ])('is refused for %s', (_what, change, code, column) => {
    expect(readAssignmentRow(row(change))).toMatchObject({ code, column });
  });
});

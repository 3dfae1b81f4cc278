/** Which texts are ABAC conditions, and where does a bad one go wrong? Azure's own roles are the corpus. */
import { describe, expect, test } from 'vitest';
import builtIn from '../../src/catalogue/azure-built-in-roles.json' with { type: 'json' };
import { CONDITION_MAXIMUM, conditionFault, conditionRefusal } from '../../src/decision/condition.ts';
import { CONDITION_VERSION } from '../../src/decision/words.ts';

const ATTRIBUTE = '@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]';
const GUID = '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9';

describe('it reads', () => {
  const conditions = [...JSON.stringify(builtIn).matchAll(/"condition":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, text]) => JSON.parse(`"${text}"`) as string,
  );

  test('every condition of the built-in roles', () => {
    expect(conditions.length).toBeGreaterThan(20);
    expect(conditions.filter((text) => conditionFault(text))).toEqual([]);
  });

  test('the only version of the language that the built-in roles are written in', () => {
    const versions = JSON.stringify(builtIn).matchAll(/"conditionVersion":"([^"]*)"/g);
    expect(new Set([...versions].map(([, version]) => version))).toEqual(new Set([CONDITION_VERSION]));
  });

  test.each([
    [`${ATTRIBUTE} StringEqualsIgnoreCase 'foo'`],
    [`  ${ATTRIBUTE}StringEquals'a'  `],
    [`${ATTRIBUTE} StringLike 'it''s' OR ${ATTRIBUTE} StringNotLike 'it\\'s'`],
    [`${ATTRIBUTE} StringEquals {'a', 'b'}`],
    [`@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Team_Name] StringEquals ${ATTRIBUTE}`],
    [`@Request[a:b] ForAnyOfAnyValues:GuidEquals{${GUID}, '${GUID}', ${GUID.replaceAll('-', '')}}`],
    [`@Request[a:b] forallofanyvalues:stringequals {'a'}`],
    ['@Resource[a:b] NumericLessThanEquals -1.5'],
    ['@Resource[a:b] BoolEquals true AND @Resource[a:c] BoolNotEquals False'],
    ["@Environment[UtcNow] DateTimeGreaterThan '2026-03-01T09:00:00.0Z'"],
    ["!(ActionMatches{'Microsoft.Storage/*/read'} && NOT SubOperationMatches{'Blob.List'})"],
    ['SubOperationMatches{}'],
    ["Exists @Request[a:b] || NOT Exists @Request[a:b] or not (ActionMatches{'a'})"],
    [`${'('.repeat(90)}Exists @Request[a:b]${')'.repeat(90)}`],
  ])('%s', (text) => expect(conditionFault(text)).toBeNull());
});

describe('an operator', () => {
  const strings = ['Equals', 'NotEquals', 'StartsWith', 'NotStartsWith', 'Like', 'NotLike'];
  const orders = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
  const date = "'2026-03-01T09:00:00Z'";
  test.each([
    ...strings.map((verb) => [`String${verb}`, "'logs'"]),
    ...strings.map((verb) => [`String${verb}IgnoreCase`, "'logs'"]),
    ...orders.map((verb) => [`Numeric${verb}`, '1']),
    ...orders.map((verb) => [`DateTime${verb}`, date]),
    ...['BoolEquals', 'BoolNotEquals'].map((name) => [name, 'true']),
    ...['GuidEquals', 'GuidNotEquals'].map((name) => [name, GUID]),
  ])('%s takes %s and nothing else', (name, literal) => {
    expect(conditionFault(`@Resource[a:b] ${name} ${literal}`)).toBeNull();
    expect(conditionFault(`@Resource[a:b] ${name} {${literal}}`)).toBeNull();
    expect(conditionFault(`@Resource[a:b] ${name} ?`)?.position).toBe(`@Resource[a:b] ${name} ?`.length);
  });

  test.each(['0', '12', '-3', '1.5', '-12.25'])('takes the number %s', (number) => {
    expect(conditionFault(`@Resource[a:b] NumericEquals ${number}`)).toBeNull();
  });

  test.each(['09:00Z', '09:00:00Z', '09:00:00.5Z', '09:00:00.125Z', '09:00+01:00', '09:00:00.25-11:30'])(
    'takes the instant %s',
    (time) => expect(conditionFault(`@Resource[a:b] DateTimeEquals '2026-03-01T${time}'`)).toBeNull(),
  );

  test.each([
    '09:00',
    '9:00Z',
    '09Z',
    '09:00:0Z',
    '09:00:00.Z',
    '09:00+1:00',
    '09:00+01:0',
    '09:00*01:00',
    '09:00+aa:bb',
  ])('does not take the instant %s', (time) =>
    expect(conditionFault(`@Resource[a:b] DateTimeEquals '2026-03-01T${time}'`)?.position).toBe(31),
  );
});

describe('it says where and what', () => {
  const start = 'an attribute, ActionMatches, SubOperationMatches, Exists, NOT or (';
  const operator = 'an operator, such as StringEquals or ForAnyOfAnyValues:GuidEquals';
  test.each([
    ['', 1, start],
    ['   ', 4, start],
    ["'a' StringEquals 'b'", 1, start],
    ['(', 2, start],
    ["@Resource[a:b] StringEquals 'a' AND", 36, start],
    ["(@Resource[a:b] StringEquals 'a'", 33, 'AND, OR or )'],
    ["@Resource[a:b] StringEquals 'a')", 32, 'AND, OR or the end'],
    ["@Resource[a:b] StringEquals 'a' ORDER", 33, 'AND, OR or the end'],
    ["@Group[a:b] StringEquals 'a'", 1, '@Resource[…], @Request[…], @Principal[…] or @Environment[…]'],
    ["@Resource[] StringEquals 'a'", 1, '@Resource[…], @Request[…], @Principal[…] or @Environment[…]'],
    ["@Resource[a:b] = 'a'", 16, operator],
    ["@Resource[a:b] StringContains 'a'", 16, operator],
    ['@Resource[a:b] ForAnyOfAnyValues:', 34, operator],
    ['@Resource[a:b] StringEquals a', 29, "text in single quotes, such as 'logs', { or an attribute"],
    ["@Resource[a:b] StringEquals 'a", 29, "text in single quotes, such as 'logs', { or an attribute"],
    ["@Resource[a:b] NumericEquals 'a'", 30, 'a number, { or an attribute'],
    ['@Resource[a:b] BoolEquals yes', 27, 'true or false, { or an attribute'],
    [
      "@Resource[a:b] DateTimeEquals 'today'",
      31,
      "an instant in single quotes, such as '2026-03-01T09:30:00Z', { or an attribute",
    ],
    ['@Resource[a:b] GuidEquals {1}', 28, 'a GUID'],
    ["@Resource[a:b] StringEquals {'a'", 33, 'a comma or }'],
    ["@Resource[a:b] StringEquals {'a',}", 34, "text in single quotes, such as 'logs'"],
    ['@Resource[a:b] StringEquals @', 29, '@Resource[…], @Request[…], @Principal[…] or @Environment[…]'],
    ["ActionMatches 'a'", 15, '{'],
    ['Exists a', 8, 'an attribute'],
    ['!'.repeat(5000), 102, 'at most 100 parentheses in each other'],
    ['('.repeat(8192), 102, 'at most 100 parentheses in each other'],
    [' '.repeat(CONDITION_MAXIMUM + 1), CONDITION_MAXIMUM + 1, 'the end: a condition has at most 8192 characters'],
  ])('%.60s', (text, position, expected) => expect(conditionFault(text)).toEqual({ position, expected }));
});

test('only Azure roles take one, and the refusal names the place', () => {
  expect(conditionRefusal('GROUP', null)).toBeNull();
  expect(conditionRefusal('AZURE_RESOURCE', `${ATTRIBUTE} StringEquals 'a'`)).toBeNull();
  expect(conditionRefusal('ENTRA_ROLE', `${ATTRIBUTE} StringEquals 'a'`)?.code).toBe('CONDITION_NOT_ALLOWED');
  expect(conditionRefusal('AZURE_RESOURCE', 'no')).toMatchObject({
    code: 'CONDITION_INVALID',
    field: ['condition'],
    message: expect.stringContaining('At position 1, expected an attribute'),
  });
});

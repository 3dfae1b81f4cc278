/** Is each field of an imported entry read as its provider writes it? */
import { expect, test } from 'vitest';
import { fieldsOf, isObject, shown, unfitPath } from '../../src/decision/importFields.ts';

test.each([
  ['/subscriptions/one', null],
  ['subscriptions/one', 'it must begin with /'],
  ['/one/', 'it must not end with /'],
  ['/', 'it must not end with /'],
  ['/one//two', 'it must not hold //'],
  ['/one/../two', 'it must not hold . or .. segments'],
  ['/one/.', 'it must not hold . or .. segments'],
  ['/one%2ftwo', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one?two', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one#two', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one\\two', 'it must not hold ?, #, %, \\ or control characters'],
  ['/./one', 'it must not hold . or .. segments'],
  ['/one/.../two', null],
  ['/one\u007ftwo', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one\ud800two', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one\ntwo', 'it must not hold ?, #, %, \\ or control characters'],
])('the path %j: %s', (path, reason) => {
  expect(unfitPath(path)).toBe(reason);
});

test('a value is quoted in one short line', () => {
  expect(shown(undefined)).toBe('missing');
  expect(shown('a\nb')).toBe('"a\\nb"');
  expect(shown(null)).toBe('null');
  // Its quotes count.
  expect(shown('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
  expect(shown('x'.repeat(79))).toBe(`"${'x'.repeat(76)}…`);
});

test('absent fields take their default and are no problem', () => {
  const problems: string[] = [];
  const fields = fieldsOf({}, problems);
  expect([fields.optional('a'), fields.optionalId('b'), fields.flag('c', true), fields.instant('d')]).toEqual([
    null,
    null,
    true,
    null,
  ]);
  expect([fields.texts('e'), fields.objects('f')]).toEqual([[], []]);
  expect(problems).toEqual([]);
});

test('each unfit field is told once', () => {
  const problems: string[] = [];
  const fields = fieldsOf({ a: '\ud800', b: 'x', d: 'yesterday', e: [1], f: ['x'] }, problems);
  fields.text('a');
  fields.optionalId('b');
  fields.id('c');
  fields.instant('d');
  fields.texts('e');
  fields.objects('f');
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test.each([
  [{}, true],
  [[], false],
  [null, false],
  ['text', false],
])('%j is an object: %s', (value, expected) => {
  expect(isObject(value)).toBe(expected);
});

const GUID = '10000000-0000-4000-8000-00000000000A';
const LONG = 'x'.repeat(2000);
const TEXT = 'it must be text of at most 2000 characters, without control characters';
const INSTANT = 'it must be an instant that exists, such as 2026-01-31T12:00:00Z';

test.each<[keyof ReturnType<typeof fieldsOf>, unknown, unknown, string | null]>([
  ['optional', 'one', 'one', null],
  ['optional', '', null, null],
  ['optional', null, null, null],
  ['optional', LONG, LONG, null],
  ['optional', `${LONG}x`, null, `a is "${'x'.repeat(76)}…: ${TEXT}`],
  ['optional', 3, null, `a is 3: ${TEXT}`],
  ['optional', 'a\tb', null, `a is "a\\tb": ${TEXT}`],
  ['optional', ['x'], null, `a is ["x"]: ${TEXT}`],
  ['text', 'one', 'one', null],
  ['text', '', '', 'a is "": it must be given'],
  ['text', undefined, '', 'a is missing: it must be given'],
  ['text', 3, '', `a is 3: ${TEXT}`],
  ['id', GUID, GUID.toLowerCase(), null],
  ['id', `${GUID}0`, '', `a is "${GUID}0": it must be a GUID`],
  ['id', `0${GUID}`, '', `a is "0${GUID}": it must be a GUID`],
  ['id', [GUID], '', `a is ["${GUID}"]: it must be a GUID`],
  ['id', undefined, '', 'a is missing: it must be a GUID'],
  ['optionalId', GUID, GUID.toLowerCase(), null],
  ['optionalId', null, null, null],
  ['optionalId', 'one', null, 'a is "one": it must be a GUID'],
  ['optionalId', [GUID], null, `a is ["${GUID}"]: it must be a GUID`],
  ['flag', true, true, null],
  ['flag', false, false, null],
  ['flag', 'true', false, 'a is "true": it must be true or false'],
  ['instant', '2026-01-31T12:00:00Z', new Date('2026-01-31T12:00:00Z'), null],
  ['instant', null, null, null],
  ['instant', '2026-01-31', null, `a is "2026-01-31": ${INSTANT}`],
  ['instant', 'on 2026-01-31T12:00:00Z', null, `a is "on 2026-01-31T12:00:00Z": ${INSTANT}`],
  ['instant', '2026-13-31T12:00:00Z', null, `a is "2026-13-31T12:00:00Z": ${INSTANT}`],
  ['instant', '2026-02-31T12:00:00Z', null, `a is "2026-02-31T12:00:00Z": ${INSTANT}`],
  ['instant', '0000-01-31T12:00:00Z', null, `a is "0000-01-31T12:00:00Z": ${INSTANT}`],
  // Without a zone it would be an instant of the gateway's own.
  ['instant', '2026-01-31T12:00:00', null, `a is "2026-01-31T12:00:00": ${INSTANT}`],
  // Years of six digits are instants too, and no directory holds them.
  ['instant', '+002026-01-31T12:00:00Z', null, `a is "+002026-01-31T12:00:00Z": ${INSTANT}`],
  ['instant', 7, null, `a is 7: ${INSTANT}`],
  ['instant', ['2026-01-31T12:00:00Z'], null, `a is ["2026-01-31T12:00:00Z"]: ${INSTANT}`],
  ['texts', ['one', 'two'], ['one', 'two'], null],
  ['texts', 'one', [], 'a is "one": it must be a list of texts'],
  ['texts', ['one', 2], [], 'a is ["one",2]: it must be a list of texts'],
  ['texts', ['one', '\n'], [], 'a is ["one","\\n"]: it must be a list of texts'],
  ['objects', [{ b: 1 }], [{ b: 1 }], null],
  ['objects', { b: 1 }, [], 'a is {"b":1}: it must be a list of objects'],
  ['objects', [{ b: 1 }, 'c'], [], 'a is [{"b":1},"c"]: it must be a list of objects'],
])('%s of %j', (reader, value, expected, problem) => {
  const problems: string[] = [];
  expect(fieldsOf({ a: value }, problems)[reader]('a', true)).toEqual(expected);
  expect(problems).toEqual(problem === null ? [] : [problem]);
});

test.each([true, false])('a flag that is not told is what it is otherwise: %s', (fallback) => {
  expect(fieldsOf({}, []).flag('a', fallback)).toBe(fallback);
});

test('a problem with another field does not hide a missing text', () => {
  const problems = ['ab is 3: it must be given'];
  fieldsOf({}, problems).text('a');
  expect(problems).toEqual(['ab is 3: it must be given', 'a is missing: it must be given']);
});

/** Is each field of an imported entry read as its provider writes it? */
import { expect, test } from 'vitest';
import { fieldsOf, shown, unfitPath } from '../../src/decision/importFields.ts';

test.each([
  ['/subscriptions/one', null],
  ['subscriptions/one', 'it must begin with /'],
  ['/one/', 'it must not end with /'],
  ['/', 'it must not end with /'],
  ['/one//two', 'it must not hold //'],
  ['/one/../two', 'it must not hold . or .. segments'],
  ['/one/.', 'it must not hold . or .. segments'],
  ['/one%2ftwo', 'it must not hold ?, #, %, \\ or control characters'],
  ['/one\ntwo', 'it must not hold ?, #, %, \\ or control characters'],
])('the path %j: %s', (path, reason) => {
  expect(unfitPath(path)).toBe(reason);
});

test('a value is quoted in one short line', () => {
  expect(shown(undefined)).toBe('missing');
  expect(shown('a\nb')).toBe('"a\\nb"');
  expect(shown('x'.repeat(200))).toHaveLength(78);
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

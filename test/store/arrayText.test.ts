/** Do lists cross the wire as they are? Written and read as PostgreSQL's text of an array, whatever stands in them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { arrayOf } from '../../src/store/arrayText.ts';
import { openDatabase, sqlOf } from '../../src/store/database.ts';
import { cloneDatabase } from '../support/database.ts';

const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ['none', []],
  ['plain ones', ['one', 'two', 'Zoë 🦊']],
  ['an empty one', ['']],
  ['the word for nothing', ['NULL', 'null', 'NULLABLE']],
  ['what separates them', ['a,b', ' c ', 'd\ne']],
  ['braces', ['{a}', '{', '}', '[1:2]={a}']],
  ['quotes', ['"', 'say "so"', '""', "'"]],
  ['backslashes', ['\\', 'a\\"b', 'c\\']],
];

test('lists come back as they were', async () => {
  const clone = await cloneDatabase();
  const database = await openDatabase(clone.url);
  const echo = async (array: ReturnType<typeof sql>, type: string) =>
    (await sql<{ list: unknown }>`SELECT ${array}::${sql.raw(type)} AS list`.execute(sqlOf(database))).rows[0]?.list;
  try {
    for (const [what, texts] of TEXTS)
      expect([what, await echo(sql`${arrayOf(texts)}`, 'text[]')]).toEqual([what, texts]);
    const ids = [randomUUID(), randomUUID()];
    expect(await echo(sql`${arrayOf(ids)}`, 'uuid[]')).toEqual(ids);
    expect(await echo(sql`${'{a,NULL,b}'}`, 'text[]')).toEqual(['a', null, 'b']);
    expect(await echo(sql`${'{{a,b},{c,d}}'}`, 'text[]')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(await echo(sql`${'[3:4]={a,b}'}`, 'text[]')).toEqual(['a', 'b']);
  } finally {
    await database.close();
    await clone.drop();
  }
});

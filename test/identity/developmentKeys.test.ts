/** Is there one key pair per folder, private to its owner, whoever starts first? */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SettingError } from '../../src/config.ts';
import { loadDevelopmentKeys } from '../../src/identity/developmentKeys.ts';

const root = await mkdtemp(path.join(tmpdir(), 'portcullis-keys-'));
afterAll(() => rm(root, { recursive: true }));

test('the key pair is made once, readable by its owner only, and the public half holds no secret', async () => {
  const folder = path.join(root, 'first start', 'data');
  const made = await loadDevelopmentKeys(folder);
  const file = path.join(folder, 'development-issuer.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(made.publicKeys)).not.toContain('"d"');
  expect(await loadDevelopmentKeys(folder)).toEqual(made);
});

test('starts at the same moment agree on one key and leave nothing behind', async () => {
  const folder = path.join(root, 'race');
  const keys = await Promise.all(Array.from({ length: 20 }, () => loadDevelopmentKeys(folder)));
  expect(new Set(keys.map(({ privateKey }) => privateKey.kid)).size).toBe(1);
  expect(await readdir(folder)).toEqual(['development-issuer.json']);
});

test.each(['', '{', '{}', 'null', '{"kty":"EC","crv":"P-256","kid":"x"}'])(
  'a file that holds %j is named in the error, and kept',
  async (content) => {
    const folder = await mkdtemp(path.join(root, 'broken-'));
    const file = path.join(folder, 'development-issuer.json');
    await writeFile(file, content);
    await expect(loadDevelopmentKeys(folder)).rejects.toThrow(SettingError);
    await expect(loadDevelopmentKeys(folder)).rejects.toThrow(`${file} cannot be read: delete the file`);
    expect(await readFile(file, 'utf8')).toBe(content);
  },
);

test('a folder where the file should be is an error that names it', async () => {
  const folder = path.join(root, 'folder');
  await mkdir(path.join(folder, 'development-issuer.json'), { recursive: true });
  await expect(loadDevelopmentKeys(folder)).rejects.toThrow(/development-issuer\.json cannot be read/);
});

/** Are hashes, signatures and notes what their standards say? */
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SettingError } from '../../src/config.ts';
import { loadCheckpointKey, readCheckpointKey } from '../../src/store/checkpointKey.ts';
import {
  batchRoot,
  checkpointNote,
  isSigned,
  parseNote,
  parseVerifierKey,
  publicKeyOf,
  signCheckpoint,
  verifierKey,
} from '../../src/store/evidence.ts';
import { temporaryFolder } from '../support/process.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const body = {
  position: 42n,
  logRoot: createHash('sha256').update('root').digest(),
  epoch: '10000000-0000-4000-8000-000000000001',
  signedAt: '2026-11-23T07:00:00.123456Z',
};
const checkpoint = signCheckpoint(body, key);
const known = [publicKeyOf(key)];

/** The roots that the reference implementation of Certificate Transparency tests itself with. */
describe('the Merkle tree is that of RFC 6962', () => {
  const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = data.map((hex) => createHash('sha256').update(Buffer.of(0)).update(Buffer.from(hex, 'hex')).digest());

  it.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('over %i leaves', (count, root) => {
    expect(batchRoot(Buffer.concat(leaves.slice(0, count))).toString('hex')).toBe(root);
  });
});

describe('a checkpoint', () => {
  it('is a signed note that anybody can check with the key alone', () => {
    const [text = '', signatures = ''] = checkpointNote(checkpoint).split('\n\n');
    expect(`${text}\n`).toBe(
      `portcullis/event-log\n42\n${body.logRoot.toString('base64')}\nepoch ${body.epoch}\ntime ${body.signedAt}\n`,
    );
    const [, name, signed = ''] = signatures.trim().split(' ');
    expect(name).toBe('portcullis/event-log');
    expect(verify(null, Buffer.from(`${text}\n`), key, Buffer.from(signed, 'base64').subarray(4))).toBe(true);
  });

  it('is read again from its note, also with the line ends of another system', () => {
    const note = checkpointNote(checkpoint);
    expect(parseNote(note, known)).toEqual(checkpoint);
    expect(parseNote(note.replaceAll('\n', '\r\n'), known)).toEqual(checkpoint);
  });

  it.each([
    ['with another position', (note: string) => note.replace('\n42\n', '\n43\n')],
    [
      'with another root',
      (note: string) => note.replace(body.logRoot.toString('base64'), Buffer.alloc(32).toString('base64')),
    ],
    ['with another epoch', (note: string) => note.replace('epoch 1', 'epoch 2')],
    ['with another time', (note: string) => note.replace('2026', '2025')],
    ['without its signature', (note: string) => note.split('\n\n')[0] as string],
    ['of another log', (note: string) => note.replaceAll('portcullis/event-log', 'other/event-log')],
  ])('is not believed %s', (_what, spoil) => {
    const note = checkpointNote(checkpoint);
    expect(spoil(note)).not.toBe(note);
    expect(parseNote(spoil(note), known)).toBeNull();
  });

  it("is not believed when another key has signed it, or the key's id is only borrowed", () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    const forged = signCheckpoint(body, other);
    expect(parseNote(checkpointNote(forged), known)).toBeNull();
    expect(parseNote(checkpointNote({ ...forged, publicKey: publicKeyOf(key) }), known)).toBeNull();
    expect(isSigned(forged)).toBe(true);
    expect(isSigned({ ...forged, publicKey: publicKeyOf(key) })).toBe(false);
    expect(isSigned({ ...forged, publicKey: Buffer.alloc(31) })).toBe(false);
  });

  it('names its key as C2SP does', () => {
    const text = verifierKey(publicKeyOf(key));
    expect(text).toMatch(/^portcullis\/event-log\+[0-9a-f]{8}\+[0-9A-Za-z+/=]{44}$/);
    expect(parseVerifierKey(text)).toEqual(publicKeyOf(key));
    expect(parseVerifierKey(text.replace(/.(?==*$)/, (last) => (last === 'A' ? 'B' : 'A')))).toBeNull();
    expect(parseVerifierKey('portcullis/event-log')).toBeNull();
  });
});

describe('the key of checkpoints', () => {
  it('is made once, for its owner alone, also by two that start at the same moment', async () => {
    const { folder, remove } = await temporaryFolder();
    const file = path.join(folder, 'data', 'key.pem');
    expect(await readCheckpointKey(file)).toBeNull();
    const keys = await Promise.all([loadCheckpointKey(file), loadCheckpointKey(file)]);
    const texts = [...keys, await loadCheckpointKey(file)].map((each) => publicKeyOf(each).toString('hex'));
    expect(new Set(texts).size).toBe(1);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain('BEGIN PRIVATE KEY');
    await remove();
  });

  it.each([
    ['no key', 'nonsense'],
    ['another kind of key', generateKeyPairSync('ed448').privateKey.export({ format: 'pem', type: 'pkcs8' })],
  ])('is never replaced: a file that holds %s is refused', async (_what, text) => {
    const { folder, remove } = await temporaryFolder();
    const file = path.join(folder, 'key.pem');
    await writeFile(file, text);
    await expect(loadCheckpointKey(file)).rejects.toThrow(SettingError);
    expect(await readFile(file, 'utf8')).toBe(text);
    await remove();
  });
});

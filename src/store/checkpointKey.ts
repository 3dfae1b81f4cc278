/** With which key are checkpoints signed? One Ed25519 pair, made at the first start, in a file that only its owner reads. */
import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SettingError } from '../config.ts';
import type { SigningKey } from './evidence.ts';

/** Reads the pair from the file (PKCS#8, PEM), or makes one. Of two processes that start at once, one makes it and both use it. */
export async function loadCheckpointKey(file: string): Promise<SigningKey> {
  return (await readCheckpointKey(file)) ?? (await createKey(file));
}

/** @returns null when there is no such file */
export async function readCheckpointKey(file: string): Promise<SigningKey | null> {
  try {
    const key = createPrivateKey(await readFile(file));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SettingError(
      `The checkpoint key in ${file} cannot be read as an Ed25519 key in PEM: put back the one that was there, because what another has signed is not believed.`,
    );
  }
}

/** Written whole beside its place and then linked into it: a link never replaces a file, so the first one wins. */
async function createKey(file: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    const text = privateKey.export({ format: 'pem', type: 'pkcs8' });
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, file);
    return privateKey;
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readCheckpointKey(file) : null;
    if (winner) return winner;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

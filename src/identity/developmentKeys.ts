/** With which key does the development issuer sign? One pair per data folder, so tokens outlive a restart. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from 'jose';
import { processNow } from '../clock.ts';
import { SettingError } from '../config.ts';
import { DEVELOPMENT_AUDIENCE, type Persona, personaClaims } from './persona.ts';

export const DEVELOPMENT_ALGORITHM = 'ES256';
/** Of every access token, from the issuer and from the command line: one hour. */
export const DEVELOPMENT_LIFETIME_SECONDS = 3600;

export interface DevelopmentKeys {
  readonly privateKey: JWK & { readonly kid: string };
  /** What a token verifier needs. */
  readonly publicKeys: JSONWebKeySet;
}

export interface DevelopmentTokenOptions {
  readonly issuer: string;
  readonly persona: Persona;
  /** Default false: signed in with a password only. */
  readonly multiFactor?: boolean;
  /** `c1` … `c99`. Default none. */
  readonly authenticationContexts?: readonly string[];
  /** Default 3,600. */
  readonly lifetimeSeconds?: number;
  /** Default: the clock of the process. */
  readonly now?: Date;
}

/** Reads the folder's key pair, or makes one. Of two processes that start at once, one makes it and both use it. */
export async function loadDevelopmentKeys(dataFolder: string): Promise<DevelopmentKeys> {
  const file = path.join(dataFolder, 'development-issuer.json');
  const privateKey = (await readKey(file)) ?? (await createKey(file));
  const { d: _secret, ...publicKey } = privateKey;
  return { privateKey, publicKeys: { keys: [publicKey] } };
}

/** An access token exactly as the development issuer makes it, without the sign-in page. */
export async function signDevelopmentToken(keys: DevelopmentKeys, options: DevelopmentTokenOptions): Promise<string> {
  const issuedAt = Math.floor((options.now ?? processNow()).getTime() / 1000);
  const claims = personaClaims(options.persona, {
    authTime: issuedAt,
    multiFactor: options.multiFactor ?? false,
    authenticationContexts: options.authenticationContexts ?? [],
  });
  return new SignJWT(claims)
    .setProtectedHeader({ alg: DEVELOPMENT_ALGORITHM, typ: 'at+jwt', kid: keys.privateKey.kid })
    .setIssuer(options.issuer)
    .setAudience(DEVELOPMENT_AUDIENCE)
    .setSubject(options.persona.objectId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + (options.lifetimeSeconds ?? DEVELOPMENT_LIFETIME_SECONDS))
    .setJti(randomUUID())
    .sign(await importJWK(keys.privateKey, DEVELOPMENT_ALGORITHM));
}

async function readKey(file: string): Promise<DevelopmentKeys['privateKey'] | null> {
  try {
    const key = JSON.parse(await readFile(file, 'utf8'));
    await importJWK(key, DEVELOPMENT_ALGORITHM);
    if (typeof key.kid !== 'string' || typeof key.d !== 'string') throw new Error('no private key');
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SettingError(
      `The development issuer's key in ${file} cannot be read: delete the file, and a new key is made.`,
    );
  }
}

/** Written whole beside its place and then linked into it: a link never replaces a file, so the first one wins. */
async function createKey(file: string): Promise<DevelopmentKeys['privateKey']> {
  const { privateKey } = await generateKeyPair(DEVELOPMENT_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: DEVELOPMENT_ALGORITHM, use: 'sig' };
  const draft = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(draft, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await link(draft, file);
    return key;
  } catch (error) {
    const winner = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readKey(file) : null;
    if (winner) return winner;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

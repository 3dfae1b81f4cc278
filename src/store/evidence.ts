/**
 * What proves that the log is what it was? Leaf hashes, batch roots and a chain of them, and checkpoints that sign the chain.
 *
 * - A leaf is SHA-256 of 0x00 and the JSON array of the event's columns as PostgreSQL prints them, all of them texts or null:
 *   epoch, position, id, at (UTC, six decimals), type, actor, provider, assignment type, principal, role, scope, assignment,
 *   request, payload; parts are separated by a comma and a space. The database makes it (`event_leaf`), this file makes it again.
 * - The root of a batch is the Merkle tree hash of RFC 6962 over its leaves: an inner node is SHA-256 of 0x01, left and right.
 * - The log's root behind a batch is SHA-256 of 0x01, the log's root before it and the batch's root; it begins with the SHA-256
 *   of nothing. Whoever knows one log root knows everything before it.
 * - A checkpoint is a signed note of C2SP with an Ed25519 key, in whose body position and log root take the place of a tree's
 *   size and root; epoch and time are its extension lines.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1, https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** Also the name of every key. */
export const ORIGIN = 'portcullis/event-log';
export const EMPTY_LOG_ROOT = createHash('sha256').digest();

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
/** Of C2SP's signature types. */
const ED25519 = Buffer.of(1);
/** What comes before the 32 bytes of an Ed25519 public key in DER. @see https://www.rfc-editor.org/rfc/rfc8410 */
const KEY_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/** The texts of an event's columns behind epoch and position, in the order of the leaf. */
export type LeafColumns = readonly (string | null)[];

export function leafHash(epoch: string, position: bigint, columns: LeafColumns): Buffer {
  const parts = [epoch, String(position), ...columns].map((part) => JSON.stringify(part));
  return hash(LEAF, Buffer.from(`[${parts.join(', ')}]`));
}

/** The Merkle tree hash of leaves that come one by one: never more of them are kept than the tree is high. */
export class MerkleTree {
  /** Roots of full subtrees, the largest first. */
  readonly #subtrees: { readonly leaves: number; readonly root: Buffer }[] = [];

  add(leaf: Buffer): void {
    let subtree = { leaves: 1, root: leaf };
    while (this.#subtrees.at(-1)?.leaves === subtree.leaves) {
      const left = this.#subtrees.pop() as typeof subtree;
      subtree = { leaves: 2 * subtree.leaves, root: nodeHash(left.root, subtree.root) };
    }
    this.#subtrees.push(subtree);
  }

  root(): Buffer {
    return this.#subtrees.map(({ root }) => root).reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root of leaf hashes that stand side by side. */
export function batchRoot(leaves: Buffer): Buffer {
  const tree = new MerkleTree();
  for (let start = 0; start < leaves.length; start += 32) tree.add(leaves.subarray(start, start + 32));
  return tree.root();
}

export const nodeHash = (left: Buffer, right: Buffer): Buffer => hash(NODE, left, right);

export interface CheckpointBody {
  readonly position: bigint;
  readonly logRoot: Buffer;
  readonly epoch: string;
  /** RFC 3339 in UTC, with as many decimals as it was signed with. */
  readonly signedAt: string;
}

export interface Checkpoint extends CheckpointBody {
  /** The 32 bytes of Ed25519. */
  readonly publicKey: Buffer;
  readonly signature: Buffer;
}

export type SigningKey = KeyObject;

export function signCheckpoint(body: CheckpointBody, key: SigningKey): Checkpoint {
  const publicKey = publicKeyOf(key);
  return { ...body, publicKey, signature: sign(null, Buffer.from(bodyText(body)), key) };
}

/** Whether the key that it names has signed it; whose key that is, is another question. */
export function isSigned(checkpoint: Checkpoint): boolean {
  if (checkpoint.publicKey.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([KEY_HEADER, checkpoint.publicKey]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(bodyText(checkpoint)), key, checkpoint.signature);
}

export function publicKeyOf(key: SigningKey): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(KEY_HEADER.length);
}

/** As C2SP writes a verifier's key: `name+id+key`. */
export function verifierKey(publicKey: Buffer): string {
  return `${ORIGIN}+${keyId(publicKey).toString('hex')}+${Buffer.concat([ED25519, publicKey]).toString('base64')}`;
}

/** @returns null for a text that is no such key */
export function parseVerifierKey(text: string): Buffer | null {
  const publicKey = Buffer.from(text.trim().split('+').slice(2).join('+'), 'base64').subarray(1);
  return publicKey.length === 32 && verifierKey(publicKey) === text.trim() ? publicKey : null;
}

/** The checkpoint as a note to keep where nobody who owns the database writes. */
export function checkpointNote(checkpoint: Checkpoint): string {
  const signed = Buffer.concat([keyId(checkpoint.publicKey), checkpoint.signature]).toString('base64');
  return `${bodyText(checkpoint)}\n\u2014 ${ORIGIN} ${signed}\n`;
}

const NOTE =
  /^portcullis\/event-log\n(\d{1,18})\n(\S{44})\nepoch ([0-9a-f-]{36})\ntime (\S+)\n\n\u2014 portcullis\/event-log (\S{92})\n$/;

/**
 * Reads a note again.
 * @param keys the public keys it may be signed with: a note names its key by four bytes only
 * @returns null for a text that is no checkpoint, or none of these keys'
 */
export function parseNote(text: string, keys: readonly Buffer[]): Checkpoint | null {
  const found = NOTE.exec(text.replaceAll('\r\n', '\n'));
  if (!found) return null;
  const [, position = '', logRoot = '', epoch = '', signedAt = '', signed = ''] = found;
  const bytes = Buffer.from(signed, 'base64');
  const body = { position: BigInt(position), logRoot: Buffer.from(logRoot, 'base64'), epoch, signedAt };
  const candidates = keys
    .filter((key) => keyId(key).equals(bytes.subarray(0, 4)))
    .map((publicKey) => ({ ...body, publicKey, signature: bytes.subarray(4) }));
  return candidates.find(isSigned) ?? null;
}

function bodyText({ position, logRoot, epoch, signedAt }: CheckpointBody): string {
  return `${ORIGIN}\n${position}\n${logRoot.toString('base64')}\nepoch ${epoch}\ntime ${signedAt}\n`;
}

const keyId = (publicKey: Buffer) => hash(Buffer.from(`${ORIGIN}\n`), ED25519, publicKey).subarray(0, 4);

function hash(...parts: Buffer[]): Buffer {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

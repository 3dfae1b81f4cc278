/** Has anybody changed the event log? Its evidence is checked against the gateway's key, and against a checkpoint kept elsewhere. */
import { readFile, writeFile } from 'node:fs/promises';
import { processNow } from '../clock.ts';
import { type Config, SettingError } from '../config.ts';
import { readCheckpointKey } from '../store/checkpointKey.ts';
import { openDatabase } from '../store/database.ts';
import { joinEmbedded } from '../store/embedded.ts';
import {
  type Checkpoint,
  checkpointNote,
  parseNote,
  parseVerifierKey,
  publicKeyOf,
  verifierKey,
} from '../store/evidence.ts';
import { type Verdict, verifyLog } from '../store/verification.ts';

export interface VerifyCommand {
  /** File of a checkpoint that was kept elsewhere. */
  readonly checkpoint: string | null;
  /** File to write the newest checkpoint to. */
  readonly save: string | null;
  /** Keys of other gateways, as this command prints its own. */
  readonly trust: readonly string[];
  readonly pid: number;
  /** A line for people. */
  readonly say: (line: string) => void;
  /** A line about what is not in order. */
  readonly complain: (line: string) => void;
}

/**
 * @returns whether everything is in order
 * @throws SettingError when there is nothing to check, or nothing to check it with
 */
export async function verify(config: Config, command: VerifyCommand): Promise<boolean> {
  const trusted = await trustedKeys(config, command.trust);
  const kept = command.checkpoint === null ? null : await readCheckpoint(command.checkpoint, trusted);
  const { auditRetentionDays, databaseUrl, dataFolder } = config;
  const embedded = databaseUrl === null ? await joinEmbedded({ folder: dataFolder, pid: command.pid }) : null;
  try {
    const url = embedded?.url ?? databaseUrl ?? '';
    await checkDatabase(url);
    const verdict = await verifyLog(url, { trusted, kept, auditRetentionDays, now: processNow() });
    tell(verdict, command);
    if (verdict.fault === null && verdict.newest) await present(verdict.newest, command);
    return verdict.fault === null;
  } finally {
    await embedded?.stop();
  }
}

async function trustedKeys({ checkpointKeyFile }: Config, texts: readonly string[]): Promise<Buffer[]> {
  const own = await readCheckpointKey(checkpointKeyFile);
  if (!own && texts.length === 0) {
    throw new SettingError(
      `There is no checkpoint key in ${checkpointKeyFile}: run this where the gateway runs, or give its key with --trust.`,
    );
  }
  const others = texts.map((text) => {
    const key = parseVerifierKey(text);
    if (key) return key;
    throw new SettingError(
      `--trust is ${JSON.stringify(text)}: give a key as \`verify\` prints it on its own gateway.`,
    );
  });
  return own ? [publicKeyOf(own), ...others] : others;
}

async function readCheckpoint(file: string, trusted: readonly Buffer[]): Promise<Checkpoint> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new SettingError(`The checkpoint in ${file} cannot be read: ${error.message}.`);
  });
  const checkpoint = parseNote(text, trusted);
  if (checkpoint) return checkpoint;
  throw new SettingError(
    `${file} holds no checkpoint that a trusted key has signed: give one that \`verify\` has printed.`,
  );
}

/** One sentence when it cannot be reached, or is not a gateway's. */
async function checkDatabase(url: string): Promise<void> {
  const database = await openDatabase(url, { poolSize: 1 });
  try {
    const [row] = await database.em
      .fork()
      .execute<{ there: boolean }[]>("SELECT to_regclass('public.event_checkpoint') IS NOT NULL AS there");
    if (!row?.there) throw new SettingError('There is no event log in this database: start the gateway first.');
  } finally {
    await database.close();
  }
}

function tell({ intactUpTo, fault, purged, signedUpTo, checkpoints }: Verdict, { say, complain }: VerifyCommand): void {
  if (fault) complain(`Position ${fault.position}: ${fault.what}.`);
  (fault ? complain : say)(`Intact up to position ${intactUpTo}.`);
  if (purged > 0n)
    say(`Up to position ${purged} the rows were removed after their retention; their hashes are in order.`);
  say(`Signed up to position ${signedUpTo}; checkpoints: ${checkpoints}.`);
  if (!fault && signedUpTo < intactUpTo) {
    say(`What is behind it is not signed yet: a gateway that runs does so within a second.`);
  }
}

async function present(newest: Checkpoint, { save, say }: VerifyCommand): Promise<void> {
  say(`Signed with ${verifierKey(newest.publicKey)}`);
  if (save !== null) {
    await writeFile(save, checkpointNote(newest)).catch((error: Error) => {
      throw new SettingError(`The checkpoint cannot be written to ${save}: ${error.message}.`);
    });
    say(`The newest checkpoint is in ${save}: keep it where nobody who owns the database can write.`);
  } else
    say(`The newest checkpoint, to be kept where nobody who owns the database can write:\n\n${checkpointNote(newest)}`);
}

/** The process: what was typed becomes a command; signals, output and exit codes are here and nowhere else. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { PROJECT_FOLDER, readConfig, SettingError } from './config.ts';

const HELP = `Usage: npm run -s portcullis -- COMMAND

  start                 Serve until stopped (also: npm start)
  token PERSONA         Print an access token of the development issuer
      --mfa             … of somebody who signed in with multi-factor authentication
      --context c1      … and passed this authentication context; may be repeated
  import FILE           Load a directory from JSON as Microsoft Graph and Azure Resource Manager list it
      --dry-run         … to see what it would do
      --skip-refused    … without the entries that are refused, instead of not at all
  verify                Check that nobody has changed the event log, and print its newest checkpoint
      --checkpoint FILE … against one that was kept elsewhere
      --save FILE       … and write the newest one there
      --trust KEY       … believing another gateway's checkpoints too; may be repeated
  restored              Tell streams that the database was restored from a backup
  version               Print the version
  help                  Print this

Settings are environment variables: PORT, HOST, PUBLIC_URL, DATA_FOLDER, DATABASE_URL, DATABASE_POOL_SIZE, OIDC_ISSUER,
OIDC_AUDIENCE, OIDC_OBJECT_ID_CLAIM, MINIMUM_ADMINISTRATORS, TRUSTED_DOCUMENTS_ONLY, ALLOWED_ORIGINS, AUDIT_RETENTION_DAYS,
REPLAY_RETENTION_DAYS, BULK_EXPIRY_HOURS, EXPORT_MAXIMUM_MINUTES, EXPORT_STREAMS,
CHECKPOINT_KEY_FILE, LAG_ALARM_SECONDS, METRICS_TOKEN.`;

/** The command each option belongs to; those that are missing go with every command. */
const OWNERS: Readonly<Record<string, string>> = {
  mfa: 'token',
  context: 'token',
  'dry-run': 'import',
  'skip-refused': 'import',
  checkpoint: 'verify',
  save: 'verify',
  trust: 'verify',
};

/** The terminal sends Ctrl-C to every program it shows, and npm passes its own on: both are one wish of one person. */
const SAME_SIGNAL_MILLISECONDS = 500;

/** What was typed cannot be understood. */
class UsageError extends Error {}

const say = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`${line}\n`);

// Every start after the first is a quarter faster: 0.5 s of loading modules instead of 0.7 s.
enableCompileCache(path.join(PROJECT_FOLDER, 'node_modules', '.cache', 'portcullis'));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.exitCode = fail(error);
}
process.exit();

/** Each command loads its own modules only. @returns the exit code */
async function run(words: string[]): Promise<number> {
  const { command, operands, options } = parse(words);
  switch (command) {
    case 'start':
      expect(operands, []);
      return serve();
    case 'token': {
      const [persona = ''] = expect(operands, ['PERSONA']);
      const authenticationContexts = options.context ?? [];
      const { developmentToken } = await import('./command/token.ts');
      say(await developmentToken(readConfig(), { persona, multiFactor: options.mfa ?? false, authenticationContexts }));
      return 0;
    }
    case 'import': {
      const [file = ''] = expect(operands, ['FILE']);
      const { importFile } = await import('./command/import.ts');
      const { 'skip-refused': skipRefused = false, 'dry-run': dryRun = false } = options;
      const command = { file, skipRefused, dryRun, pid: process.pid, say, complain };
      return (await importFile(readConfig(), command)) ? 0 : 1;
    }
    case 'verify': {
      expect(operands, []);
      const { verify } = await import('./command/verify.ts');
      const { checkpoint = null, save = null, trust = [] } = options;
      return (await verify(readConfig(), { checkpoint, save, trust, pid: process.pid, say, complain })) ? 0 : 1;
    }
    case 'restored': {
      expect(operands, []);
      const { restored } = await import('./command/restored.ts');
      await restored(readConfig(), { pid: process.pid, say });
      return 0;
    }
    case 'version':
      say(JSON.parse(readFileSync(path.join(PROJECT_FOLDER, 'package.json'), 'utf8')).version);
      return 0;
    case 'help':
      say(HELP);
      return 0;
    default:
      throw new UsageError(`There is no command ${JSON.stringify(command)}.`);
  }
}

function parse(words: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        mfa: { type: 'boolean' },
        context: { type: 'string', multiple: true },
        'dry-run': { type: 'boolean' },
        'skip-refused': { type: 'boolean' },
        checkpoint: { type: 'string' },
        save: { type: 'string' },
        trust: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
    const [typed = 'start', ...operands] = positionals;
    const command = values.help ? 'help' : values.version ? 'version' : typed;
    for (const option of Object.keys(values)) {
      const owner = OWNERS[option];
      if (owner !== undefined && owner !== command) throw new UsageError(`--${option} belongs to ${owner}.`);
    }
    return { command, operands, options: values };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message);
  }
}

function expect(operands: string[], names: string[]): string[] {
  if (operands.length < names.length) throw new UsageError(`${names[operands.length]} is missing.`);
  if (operands.length > names.length)
    throw new UsageError(`${JSON.stringify(operands[names.length])} is one word too many.`);
  return operands;
}

/** Serves until a signal or a failure ends it. A second signal does not wait for anything. */
async function serve(): Promise<number> {
  const config = readConfig();
  const { abandon, start } = await import('./command/start.ts');
  const stopping = new AbortController();
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const end = (code: number) => {
    stopping.abort();
    resolve(code);
  };
  onSignal(() => end(0));
  process.on('uncaughtException', (error) => end(fail(error)));
  process.on('exit', abandon);
  const onFailure = (sentence: string) => end(fail(new SettingError(sentence)));
  try {
    const options = { config, pid: process.pid, signal: stopping.signal, say, onFailure };
    const stop = await start(options);
    const code = await ended;
    await stop();
    return code;
  } catch (error) {
    // Whatever goes wrong after the end has been decided is a consequence of it.
    if (stopping.signal.aborted) return ended;
    throw error;
  }
}

function onSignal(stop: () => void): void {
  let toldAt = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - toldAt > SAME_SIGNAL_MILLISECONDS) process.exit(1);
      toldAt = Math.min(toldAt, performance.now());
      stop();
    });
  }
}

/** One sentence for what people can put right; everything else is a bug, and its detail follows. */
function fail(error: unknown): number {
  if (error instanceof UsageError) {
    complain(`${error.message} \`npm run -s portcullis -- help\` shows what there is.`);
    return 2;
  }
  if (error instanceof SettingError) complain(error.message);
  else complain(`Portcullis has failed; this is a bug, please report it with the following lines.\n${inspect(error)}`);
  return 1;
}

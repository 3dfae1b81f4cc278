/** What was the gateway told? Environment variables become a Config, or one sentence that names what is wrong. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const PROJECT_FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface Config {
  /** TCP port of everything the gateway serves. Default 4000. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1; `0.0.0.0` for every interface. */
  readonly host: string;
  /** Where clients reach the gateway, without a trailing slash. Default `http://localhost:PORT`. */
  readonly publicUrl: string;
  /** Folder of the embedded database and the development issuer's keys. Default `.portcullis` in the checkout. */
  readonly dataFolder: string;
  /** A PostgreSQL to use instead of the embedded one; null for the embedded one. */
  readonly databaseUrl: string | null;
  /** Connections the gateway may hold to the database. Default 10. */
  readonly databasePoolSize: number;
  /** A Redis that wakes many gateways when the log has grown; null: PostgreSQL does. Default null. */
  readonly redisUrl: string | null;
  /** Usable Global, and Privileged Role, Administrators that no change may go below. Default 1. */
  readonly minimumAdministrators: number;
  /** Events are kept for so long. Default 400. */
  readonly auditRetentionDays: number;
  /** A stream may be resumed from events of this age at most. Default 30, never more than the audit's. */
  readonly replayRetentionDays: number;
  /** The file of a bulk operation is kept for so long. Default 24. */
  readonly bulkExpiryHours: number;
  /** No export holds its snapshot of the database for longer. Default 30. */
  readonly exportMaximumMinutes: number;
  /** Lists that may be streamed at a time, each with a connection of its own. Default 4. */
  readonly exportStreams: number;
  /** The largest file that may be uploaded, in megabytes. Default 256. */
  readonly uploadMaximumMegabytes: number;
  /** File of the key that signs checkpoints of the event log; made when it is missing. Default in the data folder. */
  readonly checkpointKeyFile: string;
  /** An event that waits longer for its position raises an alarm. Default 5. */
  readonly lagAlarmSeconds: number;
  /** What Prometheus shows as a bearer token; null: metrics are for this machine alone. Default null. */
  readonly metricsToken: string | null;
  /** Streams that one WebSocket may carry at a time. Default 20. */
  readonly subscriptionsPerSocket: number;
  /** Streams that one principal may have on one gateway at a time. Default 50. */
  readonly subscriptionsPerPrincipal: number;
  /** A stream that asks for heartbeats is silent for so long at most. Default 10. */
  readonly heartbeatSeconds: number;
  /** The OpenID Connect issuer whose tokens are accepted; null mounts the development issuer. */
  readonly issuer: { readonly url: string; readonly audience: string } | null;
  /** The claim that holds the principal's object id. Default `oid`. */
  readonly objectIdClaim: string;
  /** `NODE_ENV=production`: no development issuer, no demo company. */
  readonly production: boolean;
  /** How documents are executed: by plans made once for each, or by graphql-js alone. Default `compiled`. */
  readonly execution: 'compiled' | 'interpreted';
  /** What one operation may cost. Default 50,000. */
  readonly costPerOperation: number;
  /** What the operations of one principal on one gateway may cost in a minute. Default 1,000,000. */
  readonly costPerMinute: number;
  /** What the pages of one principal's exports on one gateway may cost in a minute; then they wait. Default 10,000,000. */
  readonly exportCostPerMinute: number;
  /** A statement that takes longer is ended. Default 15. */
  readonly statementTimeoutSeconds: number;
  /** Accept only documents of the manifest. Default off. */
  readonly trustedDocumentsOnly: boolean;
  /** Web origins that may open a socket or call from a page, beside the gateway's own. Default none. */
  readonly allowedOrigins: readonly string[];
}

/** A setting that cannot be used: its message is one sentence for the person who started the gateway. */
export class SettingError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfig(env: Environment = process.env): Config {
  const port = integer(env, 'PORT', 4000, 0, 65_535);
  const production = env.NODE_ENV === 'production';
  const issuer = readIssuer(env);
  if (production && issuer === null) {
    throw new SettingError(
      'OIDC_ISSUER is not set: production mode (NODE_ENV=production) needs the URL of your OpenID Connect issuer.',
    );
  }
  const dataFolder = path.resolve(env.DATA_FOLDER || path.join(PROJECT_FOLDER, '.portcullis'));
  return {
    port,
    host: env.HOST || '127.0.0.1',
    publicUrl: url(env, 'PUBLIC_URL', `http://localhost:${port}`).replace(/\/+$/, ''),
    dataFolder,
    databaseUrl: readDatabaseUrl(env),
    redisUrl: readRedisUrl(env),
    databasePoolSize: integer(env, 'DATABASE_POOL_SIZE', 16, 2, 1000),
    minimumAdministrators: integer(env, 'MINIMUM_ADMINISTRATORS', 1, 1, 100),
    ...readRetention(env),
    bulkExpiryHours: integer(env, 'BULK_EXPIRY_HOURS', 24, 1, 8_760),
    exportMaximumMinutes: integer(env, 'EXPORT_MAXIMUM_MINUTES', 30, 1, 1_440),
    exportStreams: integer(env, 'EXPORT_STREAMS', 4, 1, 100),
    uploadMaximumMegabytes: integer(env, 'UPLOAD_MAXIMUM_MEGABYTES', 256, 1, 10_000),
    checkpointKeyFile: path.resolve(env.CHECKPOINT_KEY_FILE || path.join(dataFolder, 'checkpoint-key.pem')),
    lagAlarmSeconds: integer(env, 'LAG_ALARM_SECONDS', 5, 1, 86_400),
    metricsToken: env.METRICS_TOKEN || null,
    subscriptionsPerSocket: integer(env, 'SUBSCRIPTIONS_PER_SOCKET', 20, 1, 10_000),
    subscriptionsPerPrincipal: integer(env, 'SUBSCRIPTIONS_PER_PRINCIPAL', 50, 1, 1_000_000),
    heartbeatSeconds: integer(env, 'HEARTBEAT_SECONDS', 10, 1, 60),
    issuer,
    objectIdClaim: env.OIDC_OBJECT_ID_CLAIM || 'oid',
    production,
    execution: oneOf(env, 'EXECUTION', ['compiled', 'interpreted']),
    ...readCosts(env),
    statementTimeoutSeconds: integer(env, 'STATEMENT_TIMEOUT_SECONDS', 15, 1, 3_600),
    trustedDocumentsOnly: boolean(env, 'TRUSTED_DOCUMENTS_ONLY', false),
    allowedOrigins: readOrigins(env),
  };
}

function readRetention(env: Environment): Pick<Config, 'auditRetentionDays' | 'replayRetentionDays'> {
  const auditRetentionDays = integer(env, 'AUDIT_RETENTION_DAYS', 400, 1, 36_500);
  const replayRetentionDays = integer(env, 'REPLAY_RETENTION_DAYS', Math.min(30, auditRetentionDays), 1, 36_500);
  if (replayRetentionDays > auditRetentionDays) {
    throw new SettingError(
      `REPLAY_RETENTION_DAYS is ${replayRetentionDays} and AUDIT_RETENTION_DAYS ${auditRetentionDays}: what is no longer there cannot be replayed.`,
    );
  }
  return { auditRetentionDays, replayRetentionDays };
}

function readCosts(env: Environment): Pick<Config, 'costPerOperation' | 'costPerMinute' | 'exportCostPerMinute'> {
  const costPerOperation = integer(env, 'COST_PER_OPERATION', 50_000, 100, 1_000_000_000);
  const ofMinute = (name: string, usual: number) => {
    const cost = integer(env, name, Math.max(usual, costPerOperation), 100, 1_000_000_000_000);
    if (cost >= costPerOperation) return cost;
    throw new SettingError(
      `${name} is ${cost} and COST_PER_OPERATION ${costPerOperation}: such an operation could never run.`,
    );
  };
  const costPerMinute = ofMinute('COST_PER_MINUTE', 1_000_000);
  return { costPerOperation, costPerMinute, exportCostPerMinute: ofMinute('EXPORT_COST_PER_MINUTE', 10_000_000) };
}

function readIssuer(env: Environment): Config['issuer'] {
  if (!env.OIDC_ISSUER) {
    if (env.OIDC_AUDIENCE)
      throw new SettingError(
        'OIDC_AUDIENCE is set without OIDC_ISSUER: set both, or neither for the development issuer.',
      );
    return null;
  }
  if (!env.OIDC_AUDIENCE) {
    throw new SettingError(
      'OIDC_AUDIENCE is not set: OIDC_ISSUER needs the audience that access tokens for this gateway carry.',
    );
  }
  return { url: url(env, 'OIDC_ISSUER', ''), audience: env.OIDC_AUDIENCE };
}

function readDatabaseUrl(env: Environment): string | null {
  if (!env.DATABASE_URL) return null;
  if (!/^postgres(ql)?:\/\//.test(env.DATABASE_URL) || !URL.canParse(env.DATABASE_URL)) {
    throw new SettingError(
      'DATABASE_URL is not a PostgreSQL connection string: give it as postgres://user:password@host:port/database.',
    );
  }
  return env.DATABASE_URL;
}

function readRedisUrl(env: Environment): string | null {
  if (!env.REDIS_URL) return null;
  if (!isRedisUrl(env.REDIS_URL)) {
    throw new SettingError(
      'REDIS_URL is not the address of a Redis: give it as redis://user:password@host:port, or rediss:// for TLS.',
    );
  }
  return env.REDIS_URL;
}

function isRedisUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname);
  } catch {
    return false;
  }
}

function readOrigins(env: Environment): string[] {
  const origins = (env.ALLOWED_ORIGINS ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new SettingError(
        `ALLOWED_ORIGINS holds ${JSON.stringify(origin)}: give origins such as https://console.example.com, separated by commas.`,
      );
    }
  }
  return origins;
}

function integer(env: Environment, name: string, fallback: number, minimum: number, maximum: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new SettingError(`${name} is ${JSON.stringify(text)}: give a whole number from ${minimum} to ${maximum}.`);
  }
  return value;
}

/** The first is the default. */
function oneOf<const Words extends readonly [string, ...string[]]>(
  env: Environment,
  name: string,
  words: Words,
): Words[number] {
  const text = env[name] || words[0];
  if (!words.includes(text)) {
    throw new SettingError(`${name} is ${JSON.stringify(text)}: give ${words.join(' or ')}.`);
  }
  return text;
}

function boolean(env: Environment, name: string, fallback: boolean): boolean {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (text !== 'true' && text !== 'false')
    throw new SettingError(`${name} is ${JSON.stringify(text)}: give true or false.`);
  return text === 'true';
}

function url(env: Environment, name: string, fallback: string): string {
  const text = env[name] || fallback;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new SettingError(`${name} is ${JSON.stringify(text)}: give an http or https URL.`);
  }
  return text;
}

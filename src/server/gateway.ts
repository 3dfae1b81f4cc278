/** Where does each request go? The parts of a running gateway, put together and taken apart in order. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type GraphQLSchema, execute as interpret } from 'graphql';
import { createSchema } from '../../schema/schema.ts';
import { PERSONAS } from '../company/personas.ts';
import type { Config } from '../config.ts';
import { createDevelopmentIssuer } from '../identity/developmentIssuer.ts';
import { loadDevelopmentKeys } from '../identity/developmentKeys.ts';
import { createTokenVerifier } from '../identity/token.ts';
import { importAssignmentRows } from '../schedule/assignmentImport.ts';
import type { BulkExecutors } from '../schedule/bulk.ts';
import { loadCheckpointKey } from '../store/checkpointKey.ts';
import type { Database } from '../store/database.ts';
import { Hub } from '../stream/hub.ts';
import { watchLag } from '../stream/lag.ts';
import { startSequencer } from '../stream/sequencer.ts';
import { startTail } from '../stream/tail.ts';
import { connectWakeUps } from '../stream/wakeUps.ts';
import { Budgets } from './budget.ts';
import { type ExportParts, exportExecutor, exportJudge } from './bulkExport.ts';
import { compiledExecution, type Execute } from './compiled.ts';
import { trustedDocuments } from './documents.ts';
import { download } from './download.ts';
import type { FaultLog } from './errors.ts';
import { createGraphql, type GraphqlParts } from './graphql.ts';
import { answersKnown, KnownDocuments } from './knownDocument.ts';
import { createListFiles } from './listFile.ts';
import { createMetrics, measureLog, measureStreams } from './metrics.ts';
import { inTightHeap } from './tightHeap.ts';
import { createUploads } from './upload.ts';
import { createViewerReader } from './viewers.ts';
import { createWebSockets } from './websocket.ts';

export interface Gateway {
  handle(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** What runs the operations that were asked for in bulk. */
  readonly executors: BulkExecutors;
  /** Ends the streams, then what feeds them. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly config: Config;
  readonly database: Database;
  /** The same database, for the connections that listen and number events. */
  readonly url: string;
  /** Measure the whole process too. Default false. */
  readonly ofProcess?: boolean;
}

export async function createGateway({ config, database, url, ofProcess = false }: GatewayOptions): Promise<Gateway> {
  const { verifier, issuer } = await identityOf(config);
  const schema = createSchema();
  const documents = trustedDocuments(config.trustedDocumentsOnly);
  const checkpointKey = await loadCheckpointKey(config.checkpointKeyFile);
  const wakeUps = await wakeUpsOf(config);
  const tail = await startTail(url, (error) => log('event log tail', error), wakeUps);
  const sequencer = startSequencer({
    ...{ url, checkpointKey, onFault: (error) => log('event log sequencer', error) },
    announce: wakeUps ? () => wakeUps.announce() : undefined,
  });
  const lag = watchLag({ database, alarmSeconds: config.lagAlarmSeconds, onAlarm: (line) => console.error(line) });
  const metrics = createMetrics({ token: config.metricsToken, ofProcess });
  measureLog(metrics, lag, sequencer);
  const { subscriptionsPerPrincipal, heartbeatSeconds } = config;
  const limits = { subscriptionsPerPrincipal, heartbeatSeconds };
  const hub = new Hub({ database, tail, ...limits, onFault: (error) => log('streams', error) });
  measureStreams(metrics, hub);
  const execute = config.execution === 'compiled' ? compiledExecution(schema) : interpreted;
  const { budgets, exportBudgets } = budgetsOf(config, schema);
  const renderings = new Map();
  const { exportMaximumMinutes: maximumMinutes } = config;
  const exporting = { schema, documents, execute, log, budgets, exportBudgets, maximumMinutes };
  const judgeExport = exportJudge(exporting);
  const parts: GraphqlParts = {
    config,
    database,
    hub,
    schema,
    verifier,
    readViewer: createViewerReader(database),
    documents,
    known: new KnownDocuments(),
    execute,
    budgets,
    judgeExport,
    renderings,
    log,
  };
  const graphql = createGraphql(parts);
  const answerGraphql = answersKnown(parts, graphql);
  const listFiles = createListFiles(parts, url);
  const webSockets = createWebSockets(parts, graphql);
  const upload = createUploads(parts);
  return {
    executors: executorsOf(exporting),
    handle(req, res) {
      if (!hasAddress(req)) res.writeHead(400, { connection: 'close' }).end();
      else if (issuer && /^\/identity(?:[/?]|$)/.test(req.url ?? '')) issuer.handle(req, res);
      // Whoever opens the address alone looks for something to see.
      else if (req.url === '/') res.writeHead(302, { location: '/graphql' }).end();
      else if (/^\/uploads(?:[/?]|$)/.test(req.url ?? '')) void upload(req, res);
      else if (/^\/metrics(?:\?|$)/.test(req.url ?? '')) void metrics.answer(req, res);
      else if (/^\/exports\//.test(req.url ?? '')) void download(parts, req, res);
      else if (/^\/lists\//.test(req.url ?? '')) void listFiles.answer(req, res);
      else answerGraphql(req, res);
    },
    upgrade: (req, socket, head) => webSockets.upgrade(req, socket, head),
    async close() {
      await hub.stop();
      await webSockets.close();
      await lag.stop();
      await sequencer.stop();
      await tail.stop();
      await wakeUps?.close();
      await graphql.dispose();
    },
  };
}

/** Yoga answers an address that is none with the stack of its failure. */
function hasAddress({ url, headers }: IncomingMessage): boolean {
  return url?.startsWith('/') === true && URL.canParse(`http://${headers.host}`);
}

function budgetsOf({ costPerOperation, costPerMinute, exportCostPerMinute }: Config, schema: GraphQLSchema) {
  return {
    budgets: new Budgets({ schema, costPerOperation, costPerMinute }),
    exportBudgets: new Budgets({ schema, costPerOperation, costPerMinute: exportCostPerMinute }),
  };
}

function executorsOf(exporting: ExportParts): Gateway['executors'] {
  const exportRows = exportExecutor(exporting);
  return {
    EXPORT: (run) => inTightHeap(() => exportRows(run)),
    IMPORT: (run) => inTightHeap(() => importAssignmentRows(run)),
  };
}

const interpreted: Execute = (args) => interpret(args) as ReturnType<Execute>;

/** Null: PostgreSQL's own. */
async function wakeUpsOf({ redisUrl }: Config) {
  return redisUrl === null ? null : await connectWakeUps(redisUrl, (sentence) => log('wake-ups', sentence));
}

async function identityOf(config: Config) {
  const { objectIdClaim } = config;
  if (config.issuer) {
    const { url, audience } = config.issuer;
    return { verifier: createTokenVerifier({ issuer: url, audience, objectIdClaim }), issuer: null };
  }
  const keys = await loadDevelopmentKeys(config.dataFolder);
  const issuer = createDevelopmentIssuer({ config, publicUrl: config.publicUrl, keys, personas: PERSONAS });
  const { audience } = issuer;
  const verifier = createTokenVerifier({
    issuer: issuer.issuer,
    audience,
    objectIdClaim: 'oid',
    keys: keys.publicKeys,
  });
  return { verifier, issuer };
}

const log: FaultLog = (id, error) => console.error(id, error);

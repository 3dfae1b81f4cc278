/** What do operators watch? Numbers about this gateway in the text format of Prometheus, for whoever may read them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Hub } from '../stream/hub.ts';
import type { LagWatch } from '../stream/lag.ts';
import type { Sequencer } from '../stream/sequencer.ts';

export interface Metrics {
  /** Where the parts of the gateway put what they count; every name begins with `portcullis_`. */
  readonly registry: Registry;
  answer(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export interface MetricsOptions {
  /** What a reader shows as a bearer token; null: they are for this machine alone. */
  readonly token: string | null;
  /** Default false; once in a process, because they watch it for as long as it lives. */
  readonly ofProcess?: boolean;
}

export function createMetrics({ token, ofProcess = false }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  return {
    registry,
    async answer(req, res) {
      if (!mayRead(req, token)) {
        const [status, challenge] = token === null ? [403, {}] : [401, { 'www-authenticate': 'Bearer' }];
        res.writeHead(status, challenge).end();
      } else if (req.method !== 'GET' && req.method !== 'HEAD') {
        res.writeHead(405, { allow: 'GET, HEAD' }).end();
      } else {
        const text = await registry.metrics();
        res.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text);
      }
    },
  };
}

/** About the event log: how far it is, how late, and who numbers it. */
export function measureLog({ registry }: Metrics, lag: LagWatch, sequencer: Sequencer): void {
  const registers = [registry];
  new Gauge({
    name: 'portcullis_event_log_lag_seconds',
    help: 'Age of the oldest committed event that has no position yet; 0 when there is none, NaN while the database does not answer.',
    registers,
    collect() {
      this.set(lag.state?.lagSeconds ?? Number.NaN);
    },
  });
  new Gauge({
    name: 'portcullis_event_log_position',
    help: 'The last position that was given.',
    registers,
    collect() {
      this.set(lag.state?.position ?? Number.NaN);
    },
  });
  new Gauge({
    name: 'portcullis_event_log_leader',
    help: '1 on the gateway that numbers the events, 0 on the others.',
    registers,
    collect() {
      this.set(sequencer.leads ? 1 : 0);
    },
  });
}

/** About the streams: how many there are, what they were given, and how many were too slow. */
export function measureStreams({ registry }: Metrics, { counts }: Hub): void {
  const registers = [registry];
  new Gauge({
    name: 'portcullis_stream_subscriptions',
    help: 'Subscriptions that are open now.',
    registers,
    collect() {
      this.set(counts.subscriptions);
    },
  });
  const total = (name: string, help: string, count: () => number) =>
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset();
        this.inc(count());
      },
    });
  total('portcullis_stream_deliveries_total', 'Events given to subscriptions.', () => counts.deliveries);
  total(
    'portcullis_stream_overflows_total',
    'Streams that ended because too much waited for their readers.',
    () => counts.overflows,
  );
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

/** Without a token whoever is on this machine; what a proxy passes on comes from elsewhere, whoever connects. */
export function mayRead(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  token: string | null,
): boolean {
  if (token !== null) return same(headers.authorization ?? '', `Bearer ${token}`);
  const passedOn = headers.forwarded ?? headers['x-forwarded-for'] ?? headers.via;
  return passedOn === undefined && LOOPBACK.test(socket.remoteAddress ?? '');
}

/** In a time that says nothing about where two texts differ. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

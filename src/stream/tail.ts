/** How far is the log? Each gateway listens once; its subscriptions wait here for the next position. */
import pg from 'pg';
import { POSITIONS_CHANNEL } from './sequencer.ts';
import type { WakeUps } from './wakeUps.ts';

/** A notification is a hint and the table the truth: this often the tail looks without one. */
const POLL_INTERVAL = 1000;
const RECONNECT_INTERVAL = 500;

export interface Tail {
  /** The last position given, as far as this process knows. */
  readonly position: number;
  readonly epoch: string;
  /** Nothing will be heard any more. */
  readonly stopped: boolean;
  /** Resolves once there is a position after this one or another epoch, or when the signal fires. */
  after(position: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** @param wakeUps by which it hears of new positions; null for PostgreSQL's notifications */
export async function startTail(
  url: string,
  onFault: (error: unknown) => void,
  wakeUps: WakeUps | null = null,
): Promise<Tail> {
  const tail = new LogTail(url, onFault, wakeUps === null);
  wakeUps?.onWake(() => tail.wake());
  await tail.connect();
  return tail;
}

class LogTail implements Tail {
  position = 0;
  epoch = '';
  stopped = false;
  readonly #url: string;
  readonly #onFault: (error: unknown) => void;
  readonly #listens: boolean;
  readonly #waiting = new Set<() => void>();
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #reading = false;
  #again = false;

  constructor(url: string, onFault: (error: unknown) => void, listens: boolean) {
    this.#url = url;
    this.#onFault = onFault;
    this.#listens = listens;
  }

  /** There may be new positions. */
  wake(): void {
    void this.#read();
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 5_000,
      // A database that is silent without being gone is given up on.
      query_timeout: 10_000,
      keepAlive: true,
      application_name: 'portcullis tail',
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('notification', () => void this.#read());
    try {
      await client.connect();
      if (this.#listens) await client.query(`LISTEN ${POSITIONS_CHANNEL}`);
      await this.#look(client);
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    if (this.stopped) return client.end();
    // Only now: until here a failure is the caller's, from here on `#lost` answers it.
    this.#client = client;
    this.#timer = setInterval(() => void this.#read(), POLL_INTERVAL);
    void this.#read();
  }

  after(position: number, signal: AbortSignal): Promise<void> {
    if (this.position > position || signal.aborted || this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#wakeAll();
    await this.#client?.end().catch(() => undefined);
  }

  /** Notifications that come during a look are answered by one more look, however many they are. */
  async #read(): Promise<void> {
    const client = this.#client;
    if (client === null || this.stopped) return;
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#look(client);
      }
    } catch (error) {
      this.#lost(client, error);
    } finally {
      this.#reading = false;
    }
  }

  async #look(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ epoch: string; position: string }>('SELECT epoch, position FROM event_log');
    const [head] = rows;
    if (!head) return;
    const position = Number(head.position);
    if (head.epoch === this.epoch && position === this.position) return;
    Object.assign(this, { epoch: head.epoch, position });
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client || this.stopped) return;
    this.#client = null;
    if (this.#timer) clearInterval(this.#timer);
    this.#onFault(error);
    client.end().catch(() => undefined);
    this.#reconnect();
  }

  #reconnect(): void {
    setTimeout(() => {
      if (this.stopped) return;
      this.connect().catch((error) => {
        this.#onFault(error);
        this.#reconnect();
      });
    }, RECONNECT_INTERVAL).unref();
  }
}

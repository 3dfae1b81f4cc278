/** How do the rows of a COPY come off the wire? Message by message, without an object for each, and with no buffer left behind. */
import type { Socket } from 'node:net';
import type pg from 'pg';

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
const MESSAGE = { copyData: 0x64, copyDone: 0x63, error: 0x45 } as const;
/** The type, and the length that counts itself. */
const HEADER_BYTES = 5;

/** Takes what stands there in a buffer, and has to copy it. */
export type Take = (chunk: Buffer, from: number, end: number) => void;

interface Wire {
  readonly stream: Socket;
  query(text: string): void;
}

type Listener = (bytes: Buffer) => void;

/** A statement as the driver runs it, which leaves everything that comes back to `chunks`; the connection is of no further use. */
export class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #begun = Promise.withResolvers<Wire>();
  readonly #failed = Promise.withResolvers<never>();
  /** What the driver would do with the bytes. */
  #listener: Listener = () => undefined;

  constructor(text: string) {
    this.#text = text;
    // Whoever never asks for the rows need not handle their failure.
    for (const { promise } of [this.#begun, this.#failed]) promise.catch(() => undefined);
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Wire;
    this.#listener = wire.stream.listeners('data')[0] as Listener;
    wire.stream.pause().removeAllListeners('data');
    wire.query(this.#text);
    this.#begun.resolve(wire);
  }

  /** The driver's word for the end of the connection too. */
  handleError(error: Error): void {
    this.#failed.reject(error);
    this.#begun.reject(error);
  }

  /** Yields whenever something has been taken; nothing more is read until the next one is asked for. @throws what the database says */
  async *chunks(take: Take): AsyncGenerator<void, void, void> {
    const { stream } = await this.#begun.promise;
    let header = Buffer.alloc(0);
    /** Bytes of a message that have not come yet. */
    let missing = 0;
    let isRow = false;
    for await (const part of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const chunk = header.length > 0 ? Buffer.concat([header, part]) : part;
      header = Buffer.alloc(0);
      for (let at = 0; at < chunk.length; ) {
        if (missing === 0) {
          if (at + HEADER_BYTES > chunk.length) {
            header = Buffer.from(chunk.subarray(at));
            break;
          }
          const type = chunk[at];
          if (type === MESSAGE.copyDone) return yield;
          if (type === MESSAGE.error) return await this.#fail(stream, chunk.subarray(at));
          isRow = type === MESSAGE.copyData;
          missing = chunk.readInt32BE(at + 1) - 4;
          at += HEADER_BYTES;
        }
        const end = Math.min(at + missing, chunk.length);
        if (isRow) take(chunk, at, end);
        missing -= end - at;
        at = end;
      }
      yield;
      release(part);
    }
    throw new Error('the connection ended in the middle of a COPY');
  }

  /** The driver knows how to read an error. */
  #fail(stream: Socket, bytes: Buffer): Promise<never> {
    stream.on('data', this.#listener);
    this.#listener(bytes);
    stream.resume();
    return this.#failed.promise;
  }
}

/** At once instead of with the next collection of garbage, until when a list of a million rows would leave hundreds of megabytes. */
export function release({ buffer, byteLength }: Buffer): void {
  if (buffer.byteLength === byteLength) (buffer as ArrayBuffer).transfer(0);
}

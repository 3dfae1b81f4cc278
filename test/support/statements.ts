/** Which statements does the gateway send to the database? Everything the process sends through its driver, while watched. */
import pg from 'pg';
import { BinaryQuery } from '../../src/store/binaryRows.ts';
import { PreparingClient } from '../../src/store/preparingClient.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Over a connection of the pool; the sequencer and the tail have their own. */
  readonly isPooled: boolean;
}

/** How far the log is behind, which every gateway looks at once a second. */
const LAG = /^\s*SELECT position, greatest\(0, extract/;
/** What has happened, which every gateway reads for all of its streams. */
const HAPPENED = /e\.payload ->> 'operationId' AS "operationId"/;

/** Watched until disposed of: `using statements = watchStatements()`. */
export function watchStatements() {
  const sent: Statement[] = [];
  let unanswered = 0;
  const prototype = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = prototype;
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [first, second] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof first === 'string' ? first : (first.text ?? '');
    const values = typeof first === 'string' ? (Array.isArray(second) ? second : []) : (first.values ?? []);
    sent.push({ text, values, isPooled: this instanceof PreparingClient });
    const answered = () => void unanswered--;
    if (first instanceof BinaryQuery) {
      unanswered++;
      const { callback } = first as unknown as { callback: (...given: unknown[]) => void };
      Object.assign(first, { callback: (...given: unknown[]) => [answered(), callback(...given)] });
    }
    const answer = query.apply(this, args);
    // Of a cursor or a copy nobody waits for here.
    if (answer instanceof Promise) {
      unanswered++;
      answer.then(answered, answered);
    }
    return answer;
  };
  return {
    sent,
    /** Nothing is under way that somebody waits for. */
    areAnswered: () => unanswered === 0,
    /** Those that read lists, rows and viewers; neither transactions nor the sequencer, the tail and the reader of the log. */
    reads: () =>
      sent.filter(
        ({ text }) =>
          /^\s*(\/\*[\w ]+\*\/\s+)*(SELECT|WITH)\b/.test(text) &&
          !/event_log|event_batch|position IS NULL|advisory_lock|FROM event e\b/.test(text),
      ),
    /** All that is sent for streams, and for requests meanwhile. */
    ofStreams: () => sent.filter(({ isPooled, text }) => isPooled && !LAG.test(text)),
    /** All that is sent for requests, beginnings and ends of transactions included. */
    ofRequests: () => sent.filter(({ isPooled, text }) => isPooled && !LAG.test(text) && !HAPPENED.test(text)),
    [Symbol.dispose]() {
      prototype.query = query;
    },
  };
}

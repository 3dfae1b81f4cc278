/** Does an event wait too long for its position? Each gateway looks once a second, whichever of them numbers. */
import { type Database, sqlOf } from '../store/database.ts';
import { type LogState, logState } from '../store/eventLog.ts';

const INTERVAL = 1000;
/** So many looks in a row find an event that is late: one that happened long ago and was recorded just now is not. */
const LOOKS = 3;

export interface LagOptions {
  readonly database: Database;
  /** An event that has waited longer raises the alarm. */
  readonly alarmSeconds: number;
  /** Told in one sentence when the alarm begins and when it ends. */
  readonly onAlarm: (sentence: string) => void;
}

export interface LagWatch {
  /** As of the last look; null while the database does not answer. */
  readonly state: LogState | null;
  /** Waits for the look under way. */
  stop(): Promise<void>;
}

export function watchLag({ database, alarmSeconds, onAlarm }: LagOptions): LagWatch {
  let state: LogState | null = null;
  let late = 0;
  let alarmed = false;
  let looking: Promise<void> | null = null;
  const look = async () => {
    // Whoever cannot ask does not know; that the database is gone, the parts that work with it say.
    state = await logState(sqlOf(database)).catch(() => null);
    if (state === null) return;
    late = state.lagSeconds > alarmSeconds ? late + 1 : 0;
    if (late === LOOKS) onAlarm(complaint(state.lagSeconds, alarmSeconds));
    if (late === 0 && alarmed) onAlarm('Event log: every event has its position again.');
    alarmed = late >= LOOKS;
  };
  const start = () => {
    looking ??= look().finally(() => {
      looking = null;
    });
  };
  const timer = setInterval(start, INTERVAL);
  start();
  return {
    get state() {
      return state;
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

function complaint(lagSeconds: number, alarmSeconds: number): string {
  return `Event log: an event has been waiting for its position for ${lagSeconds.toFixed(1)} s, longer than the ${alarmSeconds} s of LAG_ALARM_SECONDS. Streams stand still until a gateway numbers it.`;
}

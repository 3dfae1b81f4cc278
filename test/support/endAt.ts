/**
 * `node --import endAt.ts …`: the process sends itself the signal END_WITH as soon as the folder END_IN holds a name that
 * begins with END_AT: in the middle of what it does, however late others are to see it.
 */
import { readdirSync } from 'node:fs';

const { END_IN = '', END_AT = '', END_WITH } = process.env;
// Of this process alone.
delete process.env.NODE_OPTIONS;

const timer = setInterval(() => {
  if (!names().some((name) => name.startsWith(END_AT))) return;
  clearInterval(timer);
  process.kill(process.pid, END_WITH);
}, 1);
timer.unref();

function names(): string[] {
  try {
    return readdirSync(END_IN);
  } catch {
    return [];
  }
}

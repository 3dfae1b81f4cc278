/** How much does a process hold on to? Loaded before its program, this prints it on SIGUSR2, after collecting the garbage. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`holds ${heapUsed + external} bytes`);
});

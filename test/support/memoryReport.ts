/** How much does a process hold on to? Loaded before its program, this prints it on SIGUSR2, after collecting the garbage. */
import { collectGarbage } from '../../src/server/garbage.ts';

process.on('SIGUSR2', () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  console.log(`holds ${heapUsed + external} bytes`);
});

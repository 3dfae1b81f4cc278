/** `node holdSequencer.ts URL`: numbers the events of a database and does nothing else, for tests that kill or freeze the leader. */
import { generateKeyPairSync } from 'node:crypto';
import { startSequencer } from '../../src/stream/sequencer.ts';

const [url = ''] = process.argv.slice(2);
startSequencer({
  url,
  checkpointKey: generateKeyPairSync('ed25519').privateKey,
  onFault: (error) => console.log((error as Error).message),
});
setInterval(() => undefined, 60_000);

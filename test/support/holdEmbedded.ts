/** `node holdEmbedded.ts FOLDER`: owns the folder's database and does nothing else, for tests that kill its owner. */
import { startEmbedded } from '../../src/store/embedded.ts';

const [folder = ''] = process.argv.slice(2);
const { url } = await startEmbedded({ folder, pid: process.pid });
console.log(url);
setInterval(() => undefined, 60_000);

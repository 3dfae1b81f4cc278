/** What becomes of clients when a gateway ends and comes back? A process of its own, again and again on the same port. */
import path from 'node:path';
import { PERSONAS, type PersonaName } from '../../src/company/personas.ts';
import { loadDevelopmentKeys, signDevelopmentToken } from '../../src/identity/developmentKeys.ts';
import type { Persona } from '../../src/identity/persona.ts';
import type { TestDatabase } from './database.ts';
import { freePort, type Program, runNode, temporaryFolder, until } from './process.ts';

export type GatewayProcess = Awaited<ReturnType<typeof createGatewayProcess>>;

/** Not started yet. */
export async function createGatewayProcess(database: TestDatabase) {
  const { folder, remove } = await temporaryFolder();
  const port = await freePort();
  const dataFolder = path.join(folder, 'data');
  const url = `http://localhost:${port}`;
  let program: Program | null = null;
  const self = {
    /** Without a path. */
    url,
    port,
    /** Resolves when it serves. */
    async start(env: Record<string, string> = {}): Promise<void> {
      const started = runNode('src/main.ts', ['start'], {
        ...{ PORT: `${port}`, DATABASE_URL: database.url, DATA_FOLDER: dataFolder },
        ...env,
      });
      program = started;
      await until('the gateway', () => {
        if (started.child.exitCode !== null) throw new Error(started.output());
        return started.output().includes('is ready');
      });
    },
    /** Of the process; undefined while there is none. */
    pid: () => program?.child.pid,
    /** What it has printed so far, complaints included. */
    output: () => program?.output() ?? '',
    async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
      program?.child.kill(signal);
      await program?.ended;
      program = null;
    },
    async token(name: PersonaName, lifetimeSeconds = 3600): Promise<string> {
      const persona = PERSONAS.find((each) => each.name === name) as Persona;
      const keys = await loadDevelopmentKeys(dataFolder);
      return signDevelopmentToken(keys, { issuer: `${url}/identity`, persona, lifetimeSeconds });
    },
    async close(): Promise<void> {
      await self.stop();
      await remove();
    },
  };
  return self;
}

/** Does the demonstration hold? As a person runs it: two processes, and nothing between them but the network. */
import { createServer } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Program, runNode, temporaryFolder, until } from './support/process.ts';

const STORY_MILLISECONDS = 60_000;

let gateway: Program;
let env: Record<string, string>;
let remove: () => Promise<void>;

beforeAll(async () => {
  const { folder, remove: removeFolder } = await temporaryFolder();
  remove = removeFolder;
  env = { DATA_FOLDER: path.join(folder, 'data') };
  gateway = runNode('src/main.ts', ['start'], { ...env, PORT: '0' });
  const port = await until('the gateway', () => {
    if (gateway.child.exitCode !== null) throw new Error(gateway.output());
    return /localhost:(\d+)\/graphql/.exec(gateway.output())?.[1] ?? null;
  });
  env.PORT = port;
});

afterAll(async () => {
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  await remove();
});

const play = async (settings: Record<string, string> = {}) => {
  const demo = runNode('clients/examples/demo.ts', [], { ...env, ...settings });
  return { code: await demo.ended, output: demo.output() };
};

describe('npm run demo', () => {
  it('goes as it should against a gateway that runs, and again', { timeout: STORY_MILLISECONDS }, async () => {
    for (const run of ['first', 'second']) {
      const { code, output } = await play();
      expect(code, `${run} run:\n${output}`).toBe(0);
      expect(output).toContain('found a gateway');
      expect(output).toMatch(/#\d+ +maya hears ASSIGNMENT_ACTIVATED/);
      expect(output).toContain('everything went as it should');
    }
    expect(gateway.child.exitCode).toBeNull();
  });

  it('fails in one sentence where something else answers', async () => {
    const other = createServer((_req, res) => res.writeHead(404).end());
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const { port } = other.address() as { port: number };
    const { code, output } = await play({ PORT: String(port) });
    expect(code).toBe(1);
    expect(output).toMatch(/FAILED: .*healthz.*404/);
    other.close();
  });
});

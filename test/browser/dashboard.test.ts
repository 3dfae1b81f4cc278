/** Does the live dashboard show what happens, as it happens, whatever becomes of the gateway? In a real browser. */
import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { serveDashboard } from '../../clients/examples/live-dashboard/serve.ts';
import { createPortcullis } from '../../clients/typescript/portcullis.ts';
import type { PersonaName } from '../../src/company/personas.ts';
import { cloneDemoDatabase, type TestDatabase } from '../support/database.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { openChromium, openPage } from './chromium.ts';

let browser: Browser;
let database: TestDatabase;
/** The gateway of the page, which is stopped and started. */
let gateway: GatewayProcess;
/** Another gateway on the same database, for what others do. */
let others: TestGateway;
let dashboard: Awaited<ReturnType<typeof serveDashboard>>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await openChromium();
  database = await cloneDemoDatabase();
  others = await startGateway({ database });
  gateway = await createGatewayProcess(database);
  dashboard = await serveDashboard({ gateway: gateway.url, port: 0 });
  await start();
});

afterAll(async () => {
  await browser?.close();
  await gateway?.close();
  await dashboard?.close();
  await others?.close();
  await database?.drop();
});

const start = () => gateway.start({ ALLOWED_ORIGINS: dashboard.url });

beforeEach(async () => {
  ({ page, complaints } = await openPage(browser));
});

afterEach(async () => {
  await page.context().close();
  expect(complaints).toEqual([]);
});

const as = (name: PersonaName) =>
  createPortcullis({ url: others.url, token: () => others.token(name), transport: 'sse' });

/** @returns what takes it back, as the end of the test does at the latest */
async function activate(): Promise<() => Promise<void>> {
  const { me } = await as('devon').myRoles();
  const eligibility = me.eligible.nodes[0]?.id as string;
  const ticket = { number: 'CHG-1', system: 'Changes' };
  const input = { eligibility, duration: 'PT30M', justification: 'Release', ticket };
  const { activate } = await as('devon').activate({ input });
  expect(activate.refusals).toEqual([]);
  let isBack: Promise<unknown> | null = null;
  const takeBack = async () => {
    isBack ??= as('ursula').deactivate({ input: { assignment: activate.assignment?.id as string } });
    await isBack;
  };
  onTestFinished(takeBack);
  return takeBack;
}

async function signIn(name: string): Promise<void> {
  await page.goto(dashboard.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: `Sign in as ${name}` }).click();
  await page.getByText(/^Live at position \d/).waitFor();
}

const DEVON = 'Devon Achebe';
const row = (name: string) => page.locator('#active li', { hasText: name });
const told = (what: string) => page.locator('#events li', { hasText: what });
const secondsLeft = async (name: string) => {
  const [minutes = 0, seconds = 0] = (await row(name).locator('.left').innerText()).split(':').map(Number);
  return minutes * 60 + seconds;
};

test('it shows what somebody else activates, until when, and that it is over', async () => {
  await signIn('Ursula Brandt');
  expect(await row('Devon').count()).toBe(0);
  const takeBack = await activate();
  await row('Devon').waitFor();
  await told('activated').waitFor();
  const first = await secondsLeft('Devon');
  expect(first).toBeGreaterThan(29 * 60);
  expect(first).toBeLessThanOrEqual(30 * 60);
  await page.waitForFunction(
    (shown) => document.querySelector('#active .left')?.textContent !== shown,
    await row('Devon').locator('.left').innerText(),
  );
  expect(await secondsLeft('Devon')).toBeLessThan(first);
  await takeBack();
  await told('deactivated').waitFor();
  await row('Devon').waitFor({ state: 'detached' });
});

test('it begins with what is active already, and stays signed in when it is loaded again', async () => {
  const takeBack = await activate();
  await signIn('Ursula Brandt');
  await row('Devon').waitFor();
  await page.reload();
  await row('Devon').waitFor();
  expect(await told('activated').count()).toBe(0);
  await takeBack();
  await row('Devon').waitFor({ state: 'detached' });
});

test('it outlives a restart of the gateway, and shows what happened meanwhile, once', async () => {
  await signIn('Ursula Brandt');
  await gateway.stop();
  await page.getByText('Reconnecting…').waitFor();
  const takeBack = await activate();
  await start();
  await page.getByText(/^Live at position \d/).waitFor();
  await row('Devon').waitFor();
  await takeBack();
  await told('deactivated').waitFor();
  const tale = await page.locator('#events li .what').allInnerTexts();
  expect(tale).toEqual(['deactivated', 'activated']);
  expect(await page.locator('#notice').isVisible()).toBe(false);
});

test('it says so when it had to read everything anew', async () => {
  await signIn('Ursula Brandt');
  const takeBack = await activate();
  await row('Devon').waitFor();
  await gateway.stop();
  await takeBack();
  await database.database.em.fork().execute('UPDATE event_log SET epoch = gen_random_uuid()');
  await start();
  await page.getByText('The gateway’s log was replaced').waitFor();
  await row('Devon').waitFor({ state: 'detached' });
  await page.getByText(/^Live at position \d/).waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  expect(await page.locator('#notice').isVisible()).toBe(false);
});

test('it is worth a picture, which the README shows', async () => {
  await page.setViewportSize({ width: 1100, height: 660 });
  await signIn('Grace Oyelaran');
  const eligibility = async (name: PersonaName) => (await as(name).myRoles()).me.eligible.nodes[0]?.id as string;
  const wish = { justification: 'Quarterly review', ticket: { number: 'CHG-7', system: 'Changes' } };
  for (const [name, duration] of [
    ['mia', 'PT30M'],
    ['maya', 'PT1H'],
  ] as const) {
    const { activate } = await as(name).activate({
      input: { ...wish, eligibility: await eligibility(name), duration },
    });
    expect(activate.refusals).toEqual([]);
  }
  const { me } = await as('arun').myApprovals();
  const requests = me.approvals.nodes.map(({ id }) => id);
  await as('arun').approve({ input: { requests, justification: 'As announced' } });
  await row('Maya').waitFor();
  await row('Mia').waitFor();
  const names = await page.locator('#active .who').allInnerTexts();
  expect(names.slice(0, 2)).toEqual(['Mia Tolvanen', 'Maya Lindholm']);
  const picture = await page.screenshot();
  expect(picture.length).toBeLessThan(150_000);
  // `PICTURE=clients/examples/live-dashboard/dashboard.png npm run test:browser` renews it.
  if (process.env.PICTURE) await writeFile(process.env.PICTURE, picture);
});

test('it takes no name for a part of the page', async () => {
  const name = 'Devon <img src=x onerror=alert(1)> Achebe';
  const rename = (to: string) =>
    database.database.em.fork().execute('UPDATE principal SET display_name = ? WHERE display_name = ?', [to, DEVON]);
  await rename(name);
  await activate();
  await signIn('Ursula Brandt');
  expect(await row('Devon').locator('.who').innerText()).toBe(name);
  expect(await page.locator('img').count()).toBe(0);
});

test('it says so when there is nothing more to be seen', async () => {
  await signIn('Olga Petrenko');
  await page.getByText('Nobody has activated a role that you may see.').waitFor();
  const disable = 'UPDATE principal SET enabled = false WHERE display_name = ?';
  await database.database.em.fork().execute(disable, ['Olga Petrenko']);
  await page.getByText('Nothing more is shown from here on.').waitFor();
  await page.getByText('Not live').waitFor();
});

test.each(['websocket', 'sse'] as const)('the SDK streams in a browser over %s', async (transport) => {
  await page.goto(dashboard.url);
  const options = JSON.stringify({ url: `${gateway.url}/graphql`, token: await gateway.token('ursula'), transport });
  // As text: an import of a function would be rewritten on its way into the page.
  const kinds = await page.evaluate(`(async () => {
    const { createPortcullis } = await import('/typescript/portcullis.ts');
    const kinds = new Set();
    for await (const { assignmentEvents } of createPortcullis(${options}).live.assignmentEvents({ snapshot: true })) {
      kinds.add(assignmentEvents.kind);
      if (assignmentEvents.kind === 'SNAPSHOT_COMPLETE') break;
    }
    return [...kinds];
  })()`);
  expect(kinds).toEqual(['SNAPSHOT', 'SNAPSHOT_COMPLETE']);
});

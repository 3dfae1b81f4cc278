/** How does a test use a page as a person does? In a headless Chromium of the system, with a fresh profile. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Where Debian has it. */
const PROGRAM = process.env.CHROMIUM || '/usr/bin/chromium';
/** What Chromium says itself about an address where nobody listens: unavoidable while a gateway is away. */
const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|^WebSocket connection to .* failed/;

/** @throws in one sentence where there is no Chromium */
export async function openChromium(): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`There is no ${PROGRAM}: install chromium, or name another in CHROMIUM.`);
  return chromium.launch({
    executablePath: PROGRAM,
    // As root there is no sandbox, and in a container no large /dev/shm.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
    ],
  });
}

/** A page of its own, with every complaint that it makes from now on. */
export async function openPage(browser: Browser): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 720 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (['error', 'warning'].includes(message.type()) && !AWAY.test(text)) complaints.push(text);
  });
  return { page, complaints };
}

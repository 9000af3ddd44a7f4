// report.html in a real browser: it opens from disk and fetches nothing, its tables and items answer, names run no script,
// and it fits a phone. Run by .ci/run; `npm test` leaves it out.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { openBrowser } from '../support/browser.ts';
import { temporaryFolder } from '../support/folders.ts';
import { brokenReport, HOSTILE, hostileReport, largeReport, plainReport, turned } from '../support/report.ts';
import { suite } from '../support/suite.ts';

const test = suite('report in a browser');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const PAPER = { width: 718, height: 1047 }; // A4 less margins of 1 cm
const OUTCOMES = 50_000;
const OPEN_MS = 30_000; // 1,000 on an idle machine: a page that is slow by its kind is slower still
const MOST_BYTES = 10_000_000;

const folder = temporaryFolder();
let browser: Browser;

test.before(async () => {
  browser = await openBrowser();
});
test.after(async () => browser.close());

interface Opened {
  readonly page: Page;
  readonly said: readonly string[]; // errors and warnings of the console, and what was thrown
  readonly asked: readonly string[]; // every address
  readonly address: string;
}

async function opened(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = path.join(folder, `${Math.round(performance.now() * 1000)}.html`);
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  const page = await context.newPage();
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  const address = pathToFileURL(file).href;
  await page.goto(address);
  return { page, said, asked, address };
}

/** In the page; as text, since Node's types know no document. */
const evaluated = <T>(page: Page, code: string): Promise<T> => page.evaluate(code);

const names = (page: Page) =>
  page.locator('table[data-sortable]').first().locator('tbody tr:visible th').allTextContents();

test('it opens from disk, says nothing on the console and fetches nothing', async () => {
  const { page, said, asked, address } = await opened(await plainReport());
  assert.match((await page.locator('h1').textContent()) ?? '', /./);
  for (const id of ['methods', 'sparsity', 'cost', 'personas', 'items', 'provenance']) {
    assert.ok(await page.locator(`section#${id}`).isVisible(), id);
  }
  const drawings = page.locator('svg.chart');
  assert.ok((await drawings.count()) >= 4);
  for (const one of await drawings.all()) {
    assert.ok(((await one.getAttribute('aria-label')) ?? '').length > 10);
    assert.ok(((await one.locator('desc').textContent()) ?? '').length > 10);
  }
  assert.equal(said, []);
  assert.equal(asked, [address]);
});

test('a table is sorted by a column, the other way round, and as it was', async () => {
  const { page } = await opened(await plainReport());
  const before = await names(page);
  const column = page.locator('table[data-sortable]').first().locator('thead th', { hasText: 'alignment' });
  const values = () =>
    evaluated<number[]>(
      page,
      `[...document.querySelector('table[data-sortable]').tBodies[0].rows].map((row) => Number(row.cells[2].dataset.v))`,
    );
  await column.locator('button').click();
  assert.is(await column.getAttribute('aria-sort'), 'descending');
  const down = await values();
  assert.equal(
    down,
    [...down].sort((a, b) => b - a),
  );
  await column.locator('button').press('Enter');
  assert.is(await column.getAttribute('aria-sort'), 'ascending');
  assert.equal(
    await values(),
    [...down].sort((a, b) => a - b),
  );
  await column.locator('button').click();
  assert.is(await column.getAttribute('aria-sort'), null);
  assert.equal(await names(page), before);
});

test('a table is filtered by words and by controls', async () => {
  const { page } = await opened(await plainReport());
  const bar = page.locator('.bar').first();
  const all = await names(page);
  assert.ok(all.length >= 4);
  await bar.locator('input[type=search]').fill('mask low');
  assert.equal(await names(page), ['mask at low']);
  assert.is(await bar.locator('[role=status]').textContent(), `1 of ${all.length}`);
  await bar.locator('input[type=search]').fill('');
  await bar.locator('input[type=checkbox]').uncheck();
  assert.not.ok((await names(page)).includes('none'));
});

test('an item is found, and shows its prompt, both probabilities and what the reference says', async () => {
  const { page } = await opened(await plainReport());
  const items = page.locator('#explorer');
  const status = items.locator('[role=status]');
  assert.match((await status.textContent()) ?? '', /^60 of 60 outcomes/);
  await items.locator('input[type=search]').fill('introversion CASE 3');
  await items.getByLabel('Method').selectOption({ label: 'prompting' });
  await items.getByLabel('Persona').selectOption({ label: 'introversion' });
  assert.match((await status.textContent()) ?? '', /^2 of 60 outcomes/);
  const found = items.locator('details.outcome').first();
  await found.locator('summary').click();
  assert.match(
    (await found.locator('pre.prompt').textContent()) ?? '',
    /^system: (You are|Everyone calls you) introversion/,
  );
  const shares = (await found.locator('tbody td').allTextContents()).map((text) => Number.parseFloat(text));
  assert.is(shares.length, 8); // mean, two orders and the reference, of two options
  for (let k = 0; k < 4; k++) assert.ok(Math.abs((shares[k] ?? 0) + (shares[k + 4] ?? 0) - 100) < 0.25);
  await items.getByLabel('changed only').check();
  const turned = Number(/^(\d+) of 60/.exec((await status.textContent()) ?? '')?.[1]);
  await items.getByLabel('Reference').selectOption({ label: 'prompting' });
  assert.match((await status.textContent()) ?? '', /^0 of 60 outcomes/, `${turned} before`);
});

test('answers are compared with those of another run, cell by cell', async () => {
  const { page } = await opened(
    await plainReport((rows) => ({ before: { name: 'the run before', items: turned(rows) } })),
  );
  const items = page.locator('#explorer');
  assert.is(await items.getByLabel('Reference').locator('option:checked').textContent(), 'the same in the run before');
  assert.match((await items.locator('[role=status]').textContent()) ?? '', /^60 of 60 outcomes, 48 changed/);
  await items.getByLabel('Method').selectOption({ label: 'none' });
  assert.match((await items.locator('[role=status]').textContent()) ?? '', /^12 of 60 outcomes, 0 changed/);
});

test('without script it is readable: every section, drawing and table, and the items that changed', async () => {
  const { page, said } = await opened(await plainReport(), { javaScriptEnabled: false });
  assert.ok((await page.locator('#methods tbody tr').count()) >= 4);
  assert.ok(await page.locator('#items table').isVisible());
  assert.is(await page.locator('input, select').count(), 0);
  const folded = page.locator('#cost details.numbers');
  await folded.locator('summary').click();
  assert.ok(await folded.locator('table').isVisible());
  assert.equal(said, []);
});

test('hostile names run no script and make no element', async () => {
  const { page, said, asked, address } = await opened(await hostileReport());
  await page.locator('#explorer details.outcome summary').first().click();
  await page.locator('#explorer input[type=search]').fill('script');
  for (const head of await page.locator('thead button').all()) if (await head.isVisible()) await head.click();
  assert.is(await page.evaluate('window.ran'), undefined);
  assert.is(
    await page.locator('img, iframe, object, embed, [onerror], [onload], body style, body title:not(svg *)').count(),
    0,
  );
  assert.is(await page.locator('script').count(), 2);
  assert.ok((await page.locator('.over').textContent())?.includes(HOSTILE.slice(0, 60)), 'the name stands as it is');
  // Markup that a policy stopped would be said on the console.
  assert.equal(said, []);
  assert.equal(asked, [address]);
});

for (const [name, html] of [
  ['plain', plainReport],
  ['hostile', hostileReport],
  ['broken', brokenReport],
] as const) {
  test(`nothing is wider than a phone: ${name}`, async () => {
    const { page } = await opened(await html(), { viewport: PHONE, colorScheme: 'dark' });
    for (const summary of await page.locator('summary:visible').all()) await summary.click();
    const [content, window] = await evaluated<[number, number]>(
      page,
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    assert.ok(content <= window, `${content} > ${window}`);
  });
}

test('a broken method says so in the first words, is no point of a drawing, and what it says lies open', async () => {
  const { page, said } = await opened(await brokenReport());
  assert.match((await page.locator('h1').textContent()) ?? '', /^Not held: the best, prompting, /);
  assert.match(
    (await page.locator('.said').first().textContent()) ?? '',
    /^steering is broken, and its 99\.8\s% .*“Recec/,
  );
  assert.is(
    await page.locator('#cost svg.chart path[aria-label*=steering], #cost .legend :text("steering")').count(),
    0,
  );
  assert.ok(await page.locator('#spoken details[open] td', { hasText: 'Recec' }).first().isVisible());
  assert.is(await page.locator('#spoken details[open]').count(), 1);
  assert.equal(said, []);
});

test('at 1280 pixels no table of methods has to be scrolled, and on a phone the verdict is in sight', async () => {
  const wide = `[...document.querySelectorAll('#methods .scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1).length`;
  for (const html of [await plainReport(), await brokenReport()])
    assert.is(await evaluated<number>((await opened(html)).page, wide), 0);
  const { page } = await opened(await plainReport(), { viewport: PHONE });
  const ends = await evaluated<number[]>(
    page,
    `[...document.querySelectorAll('#methods table')[0].tBodies[0].rows].map((row) => row.cells[1].getBoundingClientRect().right)`,
  );
  assert.ok(ends.length > 0 && ends.every((right) => right <= PHONE.width), `${ends}`);
});

test('nothing is wider than paper, opened or not', async () => {
  const { page } = await opened(await plainReport(), { viewport: PAPER });
  for (const summary of await page.locator('summary:visible').all()) await summary.click();
  await page.emulateMedia({ media: 'print' });
  const wide = await evaluated<string[]>(
    page,
    `[...document.querySelectorAll('table, svg, pre, code')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => one.tagName + ': ' + one.textContent.slice(0, 60))`,
  );
  assert.equal(wide, []);
});

test('dark follows the system, and paper is always light', async () => {
  const { page } = await opened(await plainReport(), { colorScheme: 'dark' });
  const paper = () => evaluated<string>(page, 'getComputedStyle(document.body).backgroundColor');
  const dark = await paper();
  await page.emulateMedia({ colorScheme: 'light' });
  assert.is.not(await paper(), dark);
  await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
  assert.is(await paper(), 'rgb(255, 255, 255)');
  assert.not.ok(await page.locator('nav').isVisible());
});

test(`${OUTCOMES} outcomes open within ${OPEN_MS / 1000} s and stay under ${MOST_BYTES / 1e6} MB`, async () => {
  const html = await largeReport(OUTCOMES);
  const bytes = Buffer.byteLength(html);
  // The better of two: what else the machine does is no part of it.
  let ms = Number.POSITIVE_INFINITY;
  let last: Opened | null = null;
  for (let k = 0; k < 2; k++) {
    const start = performance.now();
    last = await opened(html);
    await last.page.locator('#explorer details.outcome').first().waitFor();
    ms = Math.min(ms, performance.now() - start);
  }
  const { page, said } = last as Opened;
  console.log(`${OUTCOMES} outcomes: ${(bytes / 1e6).toFixed(1)} MB, open after ${ms.toFixed(0)} ms`);
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
  assert.ok(ms < OPEN_MS, `${ms} ms`);
  assert.match((await page.locator('#explorer [role=status]').textContent()) ?? '', /^50000 of 50000/);
  assert.equal(said, []);
});

test.run();

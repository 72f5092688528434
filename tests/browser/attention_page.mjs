// Opens pages of `jumok attend` from disk in a real browser and does what a reader does: points, presses keys, switches.
//
//   node tests/browser/attention_page.mjs PAGE.html… [--screenshots FOLDER]
//
// Needs Chromium and the npm package playwright-core; `tests/browser/run` says so and skips where they are missing.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const arguments_ = process.argv.slice(2);
const flag = arguments_.indexOf('--screenshots');
const screenshots = flag >= 0 ? arguments_.splice(flag, 2)[1] : null;
const require = createRequire(path.join(process.env.PLAYWRIGHT_FOLDER ?? process.cwd(), 'here.js'));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

async function open(file, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1180, height: 860 } });
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => { if (!request.url().startsWith('file:')) problems.push(`asked for ${request.url()}`); });
  await page.goto(pathToFileURL(path.resolve(file)).href);
  await page.locator('html[data-ready=true]').waitFor({ state: 'attached', timeout: 20000 });
  return { page, problems, close: () => context.close() };
}

const readout = (page) => page.locator('#readout').textContent();
const focused = (page, name) => page.evaluate((name) => document.activeElement?.getAttribute(name), name);
const shot = async (page, name) => {
  if (screenshots) await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
};

async function headView(page, data, name) {
  await page.locator('[data-view=heads]').click();
  const part = data.parts[0];
  const lines = () => page.locator('svg.lines line').count();
  const all = await lines();
  assert.ok(all > 0, 'the head view draws lines');
  const before = await readout(page);

  // The mouse: the lines of one token remain, and the text names what it looks at most, as the data have it.
  await page.locator('[data-side=left][data-token="1"]').hover();
  const queries = await page.locator('svg.lines line').evaluateAll((found) => found.map((line) => line.dataset.query));
  assert.ok(queries.length > 0 && queries.every((query) => query === '1'), 'only the lines of the token');
  assert.ok(await lines() < all || part.queries.length === 1, 'hovering changes the picture');
  const said = await readout(page);
  assert.notEqual(said, before);
  const row = part.layers[0].weights[0].slice(part.keys.length, 2 * part.keys.length).map((weight) => weight ?? 0);
  const most = part.keys[row.indexOf(Math.max(...row))];
  assert.ok(said.includes(`“${most}”`), `“${said}” names “${most}”`);
  // A line ends at the middle of the token that it is about.
  const apart = await page.evaluate(() => {
    const middle = (box) => (box.top + box.bottom) / 2;
    const svg = document.querySelector('svg.lines').getBoundingClientRect();
    return Math.max(...[...document.querySelectorAll('svg.lines line')].flatMap((line) =>
      [['left', line.dataset.query, line.y1], ['right', line.dataset.key, line.y2]].map(([side, token, y]) => {
        const button = document.querySelector(`[data-side=${side}][data-token="${token}"]`);
        return Math.abs(svg.top + y.baseVal.value - middle(button.getBoundingClientRect()));
      })));
  });
  assert.ok(apart < 2, `lines end ${apart} pixels beside their tokens`);
  await shot(page, `${name}-heads`);
  await page.mouse.move(2, 2);
  assert.equal(await lines(), all, 'and it is as before when the mouse has gone');

  // The keyboard: up and down a side, across to the other, away.
  await page.locator('[data-side=left][data-token="0"]').focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page, 'data-token'), '1');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page, 'data-side'), 'right');
  const keys = await page.locator('svg.lines line').evaluateAll((found) => found.map((line) => line.dataset.key));
  assert.ok(keys.every((key) => key === '1'), 'now the lines to a token');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', 'the focus is visible');
  await page.keyboard.press('Escape');
  assert.equal(await lines(), all);

  // The heads: one alone, none, all.
  const heads = part.layers[0].weights.length;
  if (heads > 1) {
    await page.locator('[data-head="1"]').first().click({ modifiers: ['Shift'] });
    const shown = await page.locator('svg.lines line').evaluateAll((found) => found.map((line) => line.dataset.head));
    assert.ok(shown.length > 0 && shown.every((head) => head === '1'), 'one head alone');
    await page.locator('button[data-head="1"]').click();
    assert.equal(await lines(), 0, 'no head, no line');
    await page.locator('[aria-pressed][data-head="0"]').locator('xpath=..').locator('button').last().click();
    assert.equal(await lines(), all);
  }
}

async function modelView(page, data, name) {
  await page.locator('[data-view=model]').click();
  const part = data.parts[0];
  const maps = part.layers.reduce((sum, layer) => sum + layer.weights.length, 0);
  assert.equal(await page.locator('.thumb').count(), maps, 'a map for every layer and head');
  const colors = await page.locator('.thumb canvas').first().evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let n = 0; n < data.length; n += 4) seen.add(data.slice(n, n + 3).join());
    return seen.size;
  });
  assert.ok(colors > 1, 'a map is not of one colour');
  await shot(page, `${name}-model`);
  const last = part.layers.length - 1;
  if (last > 0) {
    await page.locator('[data-map="0.0"]').focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page, 'data-map'), '1.0', 'the arrow keys move');
  }
  await page.locator(`[data-map="${last}.0"]`).focus();
  await page.keyboard.press('Enter');
  const weights = part.layers[last].weights[0];
  assert.ok((await readout(page)).includes((weights[0] ?? 0).toFixed(4)), 'the first cell is told');
  await page.keyboard.press('ArrowRight');
  if (part.keys.length > 1) assert.ok((await readout(page)).includes((weights[1] ?? 0).toFixed(4)), 'and its neighbour');
  const box = await page.locator('.cells canvas').boundingBox();
  const cell = box.width / part.keys.length;
  await page.mouse.move(box.x + 0.5 * cell, box.y + 1.5 * cell);
  assert.ok((await readout(page)).includes((weights[part.keys.length] ?? 0).toFixed(4)), 'and the one under the mouse');
  await shot(page, `${name}-map`);
  await page.locator('.cells').focus();
  await page.keyboard.press('Escape');
  assert.equal(await focused(page, 'data-map'), `${last}.0`, 'back where one was');
}

async function neuronView(page, data, name) {
  await page.locator('[data-view=neurons]').click();
  const part = data.parts[0];
  const { vectors, scores, weights } = part.layers[0];
  if (!vectors) {
    assert.equal(await page.locator('.none').count(), 1, 'it says why there is nothing');
    await shot(page, `${name}-neurons`);
    return;
  }
  assert.equal(await page.locator('tbody tr').count(), part.keys.length);
  await page.locator('[data-choice=query]').selectOption('1');
  await page.locator('[data-key="0"]').focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page, 'data-key'), '1');
  const at = part.keys.length + 1;
  const told = (await page.locator('.sum').allTextContents()).join(' ').replaceAll('−', '-');
  assert.ok(told.includes(String(Number(scores[0][at].toPrecision(4)))), `${told}: the score`);
  if (weights[0][at] !== null) assert.ok(told.includes(weights[0][at].toFixed(4)), `${told}: the weight`);
  // q·k / √d is the score, within the rounding of the data.
  const [q, k] = [vectors.queries[0], vectors.keys[0]].map((all) => all.slice(vectors.width, 2 * vectors.width));
  const dot = q.reduce((sum, value, n) => sum + value * k[n], 0) / Math.sqrt(vectors.width);
  const size = q.reduce((sum, value, n) => sum + Math.abs(value * k[n]), 0) / Math.sqrt(vectors.width);
  if (!process.env.BIASED) assert.ok(Math.abs(dot - scores[0][at]) < 2e-3 * size + 1e-3, `${dot} is ${scores[0][at]}`);
  assert.equal(await page.locator('.detail rect').count(), 3 * vectors.width, 'a column a component, three times');
  await page.locator('.detail rect').nth(2).hover({ force: true });
  await shot(page, `${name}-neurons`);
}

async function languagesAndColours(page, data) {
  const other = data.language === 'ko' ? 'en' : 'ko';
  const title = () => page.locator('#tab-heads').textContent();
  const before = await title();
  await page.locator(`[data-language=${other}]`).click();
  assert.notEqual(await title(), before, 'the language changes');
  assert.equal(await page.evaluate(() => document.documentElement.lang), other);
  await page.locator(`[data-language=${data.language}]`).click();
  assert.equal(await title(), before, 'and changes back');

  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.locator('[data-theme-choice=light]').click();
  const light = await ground();
  await page.locator('[data-theme-choice=dark]').click();
  assert.notEqual(await ground(), light, 'dark is not light');
  await page.locator('[data-theme-choice=auto]').click();
}

// Tab alone reaches every control, and every control has a name.
async function keyboardAlone(page) {
  await page.locator('[data-view=heads]').click();
  await page.evaluate(() => document.activeElement.blur());
  const reached = new Set();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => {
      const { activeElement: at } = document;
      return at.dataset.language ?? at.dataset.themeChoice ?? at.dataset.view ?? at.dataset.kind ?? at.dataset.side ?? at.tagName;
    }));
  }
  for (const needed of ['en', 'ko', 'light', 'dark', 'heads', 'encoder', 'cross', 'left', 'right']) {
    assert.ok(reached.has(needed), `Tab reaches ${needed}: ${[...reached]}`);
  }
  const nameless = await page.evaluate(() => [...document.querySelectorAll('button, select, [role=group], [role=img]')]
    .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.closest('label')))
    .map((one) => one.outerHTML));
  assert.deepEqual(nameless, [], 'everything has a name');
}

async function parts(page, data, name) {
  await page.locator('[data-view=heads]').click();
  for (const kind of ['encoder', 'decoder', 'cross']) {
    await page.locator(`[data-kind=${kind}]`).click();
    const has = data.parts.some((part) => part.kind === kind);
    assert.equal(await page.locator('.none').count(), has ? 0 : 1, `${kind}: shown, or told why not`);
    assert.equal(await page.locator('svg.lines').count(), has ? 1 : 0);
    await shot(page, `${name}-part-${kind}`);
  }
  await page.locator(`[data-kind=${data.parts[0].kind}]`).click();
}

for (const file of arguments_) {
  for (const colorScheme of ['light', 'dark']) {
    const { page, problems, close } = await open(file, colorScheme);
    const data = JSON.parse(await page.locator('#data').textContent());
    const name = `${path.basename(file, '.html')}-${colorScheme}`;
    await headView(page, data, name);
    await modelView(page, data, name);
    await neuronView(page, data, name);
    await languagesAndColours(page, data);
    await keyboardAlone(page);
    await parts(page, data, name);
    assert.deepEqual(problems, [], 'no error, no warning, no request');
    await close();
    console.log(`${path.basename(file)} (${colorScheme}): all of it works`);
  }
}
await browser.close();

// Look at pages as different people meet them, and report what each of them meets.
//
// Order: {"base": origin, "paths": [path, ...]}
// Report: {path: {"axe": [], "complaints": [], "wide": [], "unscripted": bool, "keyboard": [], "print": {...}}, ...}

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { complaints, order, report, withBrowser } from './chromium.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
// What the margins of the style sheet leave of A4, at the 96 pixels to the inch that printing counts in.
const SHEET = { width: 672, height: 986 };
// Every stop of a long list is like the one before it.
const STOPS = 40;

/** What axe-core calls serious or critical. */
async function axe(page, scheme) {
  await page.emulateMedia({ colorScheme: scheme });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${scheme}: ${id} (${help}): ${node.html} ${node.any.map((one) => one.message).join('; ')}`),
    );
}

/** What is wider than the page, outside a box that scrolls by itself. */
function wide(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const scrolls = (element) => {
      for (let box = element.parentElement; box !== null && box !== document.documentElement; box = box.parentElement) {
        if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(box).overflowX)) return true;
      }
      return false;
    };
    const beyond = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > room + 0.5 && !scrolls(element),
    );
    const moves = document.documentElement.scrollWidth > room;
    return moves || beyond.length > 0
      ? [`${document.documentElement.scrollWidth} pixels on ${room}`, ...beyond.map((one) => one.outerHTML.slice(0, 200))]
      : [];
  });
}

/** The words of the page, without code: a chart that is dated back from now differs with every second. */
function words(page) {
  return page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll('pre, script').forEach((code) => code.remove());
    return copy.textContent;
  });
}

/** Where the focus is, and whether a person sees that. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
    const onScreen = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && width * height > 0;
    return {
      what: element.outerHTML.slice(0, 200),
      where: element.hash ?? '',
      body: element === document.body,
      inMain: element.closest('main') !== null,
      seen: onScreen && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    };
  });
}

/** What stands in the way of somebody with a keyboard and no mouse. The page is new: nothing has the focus yet. */
async function keyboard(page) {
  const faults = [];
  const stop = async () => {
    await page.keyboard.press('Tab');
    return focused(page);
  };
  const skip = await stop();
  if (skip.where !== '#content' || !skip.seen) return [`the first stop is no visible skip link: ${skip.what}`];
  for (let stops = 1; stops < STOPS; stops += 1) {
    const here = await stop();
    if (here.body) break;
    if (!here.seen) faults.push(`focus not seen on ${here.what}`);
  }
  await page.reload();
  await stop();
  await page.keyboard.press('Enter');
  const after = await stop();
  if (!after.inMain && (await page.locator('main a, main button, main [tabindex="0"]').count()) > 0) {
    faults.push(`the skip link leads to ${after.what}`);
  }
  return faults;
}

/** The page on paper: how many sheets, how many characters, and what would be cut off. */
async function printed(page) {
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize(SHEET);
  const cut = await wide(page);
  const characters = await page.evaluate(() => document.body.innerText.length);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  await page.emulateMedia({ media: 'screen' });
  return { cut, characters, sheets };
}

const { base, paths } = await order();

await withBrowser(async (browser) => {
  const scripted = await browser.newPage({ viewport: DESK });
  const unscripted = await browser.newPage({ viewport: PHONE, javaScriptEnabled: false });
  const found = {};
  for (const path of paths) {
    const heard = complaints(scripted, base);
    await scripted.goto(base + path, { waitUntil: 'load' });
    await scripted.evaluate(AXE);
    const findings = [...(await axe(scripted, 'light')), ...(await axe(scripted, 'dark'))];
    await scripted.emulateMedia({ colorScheme: 'light' });
    const said = await words(scripted);

    const heardUnscripted = complaints(unscripted, base);
    await unscripted.setViewportSize(PHONE);
    await unscripted.goto(base + path, { waitUntil: 'load' });
    found[path] = {
      axe: findings,
      wide: await wide(unscripted),
      unscripted: (await words(unscripted)) === said,
      keyboard: await keyboard(unscripted),
      print: await printed(unscripted),
      complaints: [...heard, ...heardUnscripted],
    };
    scripted.removeAllListeners();
    unscripted.removeAllListeners();
  }
  report(found);
});

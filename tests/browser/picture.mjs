// Take a picture of one card of a page, as the page shows it, at two pixels to the point.
//
// Order: {"address", "until": words of a heading or null, "file"}
// The picture ends above the heading inside the card whose words are `until`; null: it has the whole card.
// Report: {"width", "height"}, in pixels

import { order, report, withBrowser } from './chromium.mjs';

const VIEW = { width: 700, height: 1200 };
const MARGIN = 20;
const SCALE = 2;

const { address, until, file } = await order();

await withBrowser(async (browser) => {
  const page = await browser.newPage({ viewport: VIEW, deviceScaleFactor: SCALE, colorScheme: 'light' });
  await page.goto(address);
  const card = page.locator('article.card').first();
  const box = await card.boundingBox();
  let bottom = box.y + box.height + MARGIN;
  if (until !== null) {
    bottom = (await card.getByText(until, { exact: true }).boundingBox()).y - MARGIN / 2;
  }
  const clip = { x: box.x - MARGIN, y: box.y - MARGIN, width: box.width + 2 * MARGIN, height: bottom - box.y + MARGIN };
  await page.screenshot({ path: file, clip, fullPage: true });
  report({ width: clip.width * SCALE, height: clip.height * SCALE });
});

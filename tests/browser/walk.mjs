// Walk from page to page as a person does, without JavaScript, counting the clicks.
//
// Order: {"start": address, "steps": [{"select": label, "option": value} or {"click": words, "role": role}, ...]}
// Report: {"address", "heading", "text", "clicks"}: where the walk ended and what stands there.

import { order, report, withBrowser } from './chromium.mjs';

const PATIENCE = 20_000;

const { start, steps } = await order();

await withBrowser(async (browser) => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(start);
  let clicks = 0;
  for (const step of steps) {
    if ('select' in step) {
      await page.getByRole('combobox', { name: step.select }).selectOption(step.option);
    } else {
      await page.getByRole(step.role, { name: step.click }).first().click();
      await page.waitForLoadState('load');
      clicks += 1;
    }
  }
  report({
    address: page.url(),
    heading: await page.locator('h1').innerText(),
    text: await page.locator('main').innerText(),
    clicks,
  });
});

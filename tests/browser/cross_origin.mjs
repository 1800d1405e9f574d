// A page of another origin asks a service, as an EHR that runs in a browser does.
//
// Order: {"page": address of the page, "calls": [{"url", "method", "headers", "body"}, ...]}
// Report: {"answers": [{"status", "body"} or {"refused"}, ...], "sent": ["OPTIONS url", ...]}

import { order, report, withBrowser } from './chromium.mjs';

const { page: address, calls } = await order();

await withBrowser(async (browser) => {
  const page = await browser.newPage();
  await page.goto(address);
  // Playwright keeps preflights to itself; the browser's own protocol tells of them.
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Network.enable');
  const sent = [];
  protocol.on('Network.requestWillBeSent', ({ request }) => sent.push(`${request.method} ${request.url}`));
  const answers = [];
  for (const { url, ...options } of calls) {
    answers.push(
      await page.evaluate(
        async ([target, how]) => {
          try {
            const answer = await fetch(target, how);
            return { status: answer.status, body: await answer.json() };
          } catch (error) {
            return { refused: error.message };
          }
        },
        [url, options],
      ),
    );
  }
  report({ answers, sent });
});

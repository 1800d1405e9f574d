// Debian's Chromium with nothing but this machine in reach, and what a page does that nobody should have to see.
//
// Names are kept from resolving by a rule of the browser itself. Routing in Playwright would do it too, but then
// no preflight is sent and a fault in CORS goes unseen.

import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/** Run `work` with a browser. CHROMIUM in the environment names its executable. */
export async function withBrowser(work) {
  const asRoot = process.getuid() === 0;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // The browser's own sandbox does not work for root.
    args: asRoot ? [...ARGUMENTS, '--no-sandbox'] : ARGUMENTS,
  });
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Collect what goes wrong in a page from now on. `home` is the origin that it may ask. */
export function complaints(page, home) {
  const heard = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => heard.push(`error of a script: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== home) heard.push(`asks elsewhere: ${request.url()}`);
  });
  page.on('requestfailed', (request) => heard.push(`failed: ${request.url()} ${request.failure().errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) heard.push(`status ${response.status()}: ${response.url()}`);
  });
  return heard;
}

/** The order that the tests gave, as JSON on standard input. */
export async function order() {
  let text = '';
  for await (const piece of process.stdin) text += piece;
  return JSON.parse(text);
}

/** Hand the tests what was found. */
export function report(found) {
  process.stdout.write(JSON.stringify(found));
}

// What the scripts that drive Chromium share.
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { given } from './kit.mjs'

// browse opens a browser with an empty profile, hands it to body and closes it.
export async function browse(body) {
  const browser = await chromium.launch({
    executablePath: given.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  })
  try {
    const context = await browser.newContext()
    context.setDefaultTimeout(25_000)
    await body(context)
  } finally {
    await browser.close()
  }
}

// open opens a tab. What it logs as an error is printed, for the reader of a failed test.
export async function open(context, url) {
  const page = await context.newPage()
  page.on('pageerror', error => console.log(`page error at ${url}: ${error}`))
  await page.goto(url)
  return page
}

// sees waits until an element is there, and fails otherwise.
export const sees = element => element.first().waitFor()

// shot takes a picture where KERNIA_E2E_SHOTS names a folder for them.
export async function shot(page, name) {
  if (process.env.KERNIA_E2E_SHOTS) await page.screenshot({ fullPage: true, path: `${process.env.KERNIA_E2E_SHOTS}/${name}.png` })
}

// cookie returns the session's cookie as the browser keeps it, or undefined.
export async function cookie(context) {
  const found = (await context.cookies()).find(c => c.name === 'better-auth.session_token')
  if (found) assert.deepEqual([found.httpOnly, found.sameSite], [true, 'Lax'])
  return found
}

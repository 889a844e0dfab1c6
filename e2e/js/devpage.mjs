// What the scripts share that use the page of core/devpage: how to find things on it, and whether everybody can use it.
import assert from 'node:assert/strict'
import axe from 'axe-core'
import { sees, shot } from './browser.mjs'

// use returns what a person does on the page.
export function use(page) {
  const field = name => page.getByLabel(name, { exact: true }).filter({ visible: true }) // the forms have fields of one name
  const button = name => page.getByRole('button', { name, exact: true })
  const heading = name => page.getByRole('heading', { name, exact: true })
  return {
    field, button, heading,
    alert: page.locator('#alert'),
    status: page.getByRole('status'),
    ends: page.getByRole('button', { name: /^End the session on/ }),
    press: name => button(name).click(),
    follow: name => page.getByRole('link', { name, exact: true }).click(),
    async fill(values) { for (const [name, value] of Object.entries(values)) await field(name).fill(value) },
    async greets({ name, email }) {
      await sees(heading(`Hello, ${name}`))
      await sees(page.getByText(`Signed in as ${email}`))
    },
    // wrong returns what is said about a field, as assistive technology finds it.
    wrong: name => field(name).evaluate(input => input.getAttribute('aria-invalid') === 'true'
      ? document.getElementById(input.getAttribute('aria-describedby').split(' ').at(-1)).textContent : ''),
  }
}

// has waits until an element has exactly this text.
export async function has(element, text) {
  await sees(element.filter({ hasText: text }))
  assert.equal(await element.textContent(), text)
}

// focused checks that an element has the focus.
export async function focused(element) {
  assert.ok(await element.evaluate(e => e === document.activeElement), `the focus is not on ${element} but on ${await element.page().evaluate(() => document.activeElement.outerHTML)}`)
}

// tab goes on by the Tab key alone until an element has the focus, and checks that this can be seen.
export async function tab(page, element) {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const [here, line] = await element.evaluate(e => [e === document.activeElement, getComputedStyle(e).outlineStyle])
    if (!here) continue
    assert.notEqual(line, 'none', `nothing shows that ${element} has the focus`)
    return
  }
  assert.fail(`the Tab key never reaches ${element}`)
}

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 320, height: 640 } }

// audit checks a state of the page against WCAG 2.2 AA, as far as a program can: on a phone and on a desktop, light and
// dark. Everything is in one column where 320 pixels are all there is.
export async function audit(page, name) {
  const found = []
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await shot(page, `${name}-${size}-${colorScheme}`)
      found.push(...(await violations(page)).map(v => `${name}, ${size}, ${colorScheme}: ${v}`))
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (over > 0) found.push(`${name}, ${size}: ${over} pixels too wide`)
  }
  await page.setViewportSize(sizes.desktop)
  await page.emulateMedia({ colorScheme: 'light' })
  assert.deepEqual(found, [])
}

async function violations(page) {
  await page.evaluate(axe.source) // by the debugger: the page's policy lets no script in
  const { violations, incomplete } = await page.evaluate(() => window.axe.run({
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } },
  }))
  return [...violations, ...incomplete].map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.html).join(' ')}`)
}

// Mails in Chromium: the official client runs in a page of another origin, links are opened as a user opens them.
import assert from 'node:assert/strict'
import { browse, open, sees } from './browser.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const { page: home } = given

// call runs a method of the client in the page, such as "signUp.email", and returns its answer.
const call = (page, method, input) => page.evaluate(async ([method, input]) => {
  const { data, error } = await method.split('.').reduce((at, name) => at[name], window.auth)(input)
  return { data, error: error && { status: error.status, code: error.code } }
}, [method, input])

async function good(page, method, input) {
  const { data, error } = await call(page, method, input)
  assert.equal(error, null, `${method}: ${JSON.stringify(error)}`)
  return data
}

async function refused(page, method, input, code) {
  const { error } = await call(page, method, input)
  assert.equal(error?.code, code)
}

const ready = async page => { await sees(page.locator('body[data-ready]')); return page }
const tab = async context => ready(await open(context, home))
// user asks the store: what has ended elsewhere stays in the cookie cache for a while.
const user = async page => (await good(page, 'getSession', { query: { disableCookieCache: true } }))?.user

// mail returns the link in the next mail, which must be to the address.
async function mail(to) {
  const { to: got, link } = await ask('mail')
  assert.equal(got, to)
  return link
}

// follow opens a link in a tab of the browser, and returns where it ends.
async function follow(context, link) {
  const page = await context.newPage()
  await page.goto(link)
  const at = new URL(page.url())
  await page.close()
  return at.pathname + at.search
}

const other = context => context.browser().newContext()

await browse(async context => {
  const page = await tab(context), ada = somebody('Ada <b>Lovelace</b>')

  await keep('SignsUpAndVerifies', async () => {
    const { token } = await good(page, 'signUp.email', { ...ada, callbackURL: home + '/?welcome' })
    assert.equal(token, null)
    const link = await mail(ada.email)
    await refused(page, 'signIn.email', ada, 'EMAIL_NOT_VERIFIED')
    assert.equal(await follow(context, link), '/?welcome')
    assert.deepEqual([(await user(page)).email, (await user(page)).emailVerified], [ada.email, true])
    const stranger = await other(context)
    await follow(stranger, link) // a second time, elsewhere
    assert.equal(await user(await tab(stranger)), undefined)
  })

  await keep('ResetsAForgottenPassword', async () => {
    const elsewhere = await tab(await other(context))
    await good(elsewhere, 'signIn.email', ada)
    await good(elsewhere, 'requestPasswordReset', { email: ada.email, redirectTo: home + '/?new' })
    const link = await mail(ada.email), there = await follow(context, link)
    const token = new URLSearchParams(there.split('?')[1]).get('token')
    assert.match(there, /^\/\?new.*&token=/)
    await good(page, 'resetPassword', { newPassword: 'another battery', token })
    await refused(page, 'resetPassword', { newPassword: 'a third battery', token }, 'INVALID_TOKEN')
    assert.match(await follow(context, link), /error=INVALID_TOKEN/)
    assert.deepEqual([await user(page), await user(elsewhere)], [undefined, undefined])
    await refused(page, 'signIn.email', ada, 'INVALID_EMAIL_OR_PASSWORD')
    ada.password = 'another battery'
    await good(page, 'signIn.email', ada)
  })

  await keep('ChangesTheAddressThroughBothMailboxes', async () => {
    const to = somebody().email
    await good(page, 'changeEmail', { newEmail: to, callbackURL: home + '/?changed' })
    assert.equal(await follow(context, await mail(ada.email)), '/?changed')
    assert.equal((await user(page)).email, ada.email)
    const link = await mail(to)
    assert.equal(await follow(context, link), '/?changed')
    assert.equal((await user(page)).email, to)
    assert.match(await follow(context, link), /error=USER_NOT_FOUND/)
    ada.email = to
  })

  await keep('DeletesTheAccount', async () => {
    await refused(page, 'deleteUser', { password: 'not the password' }, 'INVALID_PASSWORD')
    await good(page, 'deleteUser', { password: ada.password, callbackURL: home + '/?bye' })
    const link = await mail(ada.email), stranger = await other(context), theirs = await stranger.newPage()
    assert.equal((await theirs.goto(link)).status(), 404) // nobody is signed in there
    assert.equal(await follow(context, link), '/?bye')
    assert.equal(await user(page), undefined)
    await refused(page, 'signIn.email', ada, 'INVALID_EMAIL_OR_PASSWORD')
  })
})

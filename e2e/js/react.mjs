// The example vite-react in Chromium: its page comes from another origin than the API, which is the server's.
import assert from 'node:assert/strict'
import { browse, cookie, open, sees, shot } from './browser.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const { api, page: trusted, untrusted } = given
const ada = somebody('Ada Lovelace')
const button = (page, name) => page.getByRole('button', { name, exact: true })
const alert = page => page.getByRole('alert')
const signedIn = (page, name = ada.name) => sees(page.getByText(`Signed in as ${name} (${ada.email})`))
const signedOut = page => sees(button(page, 'Sign in'))

async function fill(page, { name = '', email, password }) {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
}

async function signIn(page) {
  await fill(page, ada)
  await button(page, 'Sign in').click()
  await signedIn(page)
}

// post submits a form as a hostile page does, and returns the answer that the browser shows.
async function post(page, from, path, fields) {
  await page.goto(from)
  const [answer] = await Promise.all([page.waitForResponse(r => r.url() === api + path), page.evaluate(([action, fields]) => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action })
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name, value }))
    document.body.append(form)
    form.submit()
  }, [api + path, fields])])
  await page.waitForURL(api + path)
  return [answer.status(), JSON.parse(await page.evaluate(() => document.body.innerText)).code]
}

await browse(async context => {
  const page = await open(context, trusted)

  await keep('SignsUp', async () => {
    await signedOut(page)
    await shot(page, 'react-door')
    await fill(page, { ...ada, password: 'short' })
    await button(page, 'Sign up').click()
    await sees(alert(page).getByText('Password too short'))
    await fill(page, ada)
    await button(page, 'Sign up').click()
    await signedIn(page)
    await shot(page, 'react-account')
    assert.ok((await cookie(context)).expires > Date.now() / 1000)
    assert.deepEqual(await page.evaluate(() => document.cookie), '') // no script can read it
  })

  await keep('FollowsAnUpdate', async () => {
    await page.getByLabel('Name').fill('Ada King')
    await button(page, 'Rename').click()
    await signedIn(page, 'Ada King')
    ada.name = 'Ada King'
  })

  await keep('SurvivesAReload', async () => {
    await page.reload()
    await signedIn(page)
  })

  await keep('SurvivesARestart', async () => {
    await ask('restart')
    await page.reload()
    await signedIn(page)
  })

  // elsewhere signs in with another browser.
  const elsewhere = async () => {
    const there = await open(await context.browser().newContext({ userAgent: 'Another browser' }), trusted)
    await signIn(there)
    return there
  }
  const items = () => page.getByRole('listitem')

  await keep('ListsAndEndsSessions', async () => {
    const there = await elsewhere()
    await page.reload()
    await sees(items().filter({ hasText: 'Another browser' }))
    assert.equal(await items().count(), 2)
    assert.equal(await items().filter({ hasText: '(this one)' }).getByText('Another browser').count(), 0)
    await items().filter({ hasText: 'Another browser' }).getByRole('button', { name: 'End' }).click()
    await items().filter({ hasText: 'Another browser' }).waitFor({ state: 'detached' })
    assert.equal(await items().count(), 1)
    await there.reload()
    await signedOut(there)
    await there.context().close()
    await page.reload()
    await signedIn(page)
  })

  await keep('ChangesThePassword', async () => {
    const there = await elsewhere()
    const before = await cookie(context)
    const change = async (from, to) => {
      await page.getByLabel('Current password').fill(from)
      await page.getByLabel('New password').fill(to)
      await button(page, 'Change').click()
    }
    await change('not the password', 'another good one')
    await sees(alert(page).getByText('Invalid password'))
    await change(ada.password, 'short')
    await sees(alert(page).getByText('Password too short'))
    await change(ada.password, 'another good one')
    await sees(alert(page).getByText('The password has changed'))
    const old = ada.password
    ada.password = 'another good one'
    assert.notEqual((await cookie(context)).value, before.value) // all sessions have ended and this is a new one
    await there.reload()
    await signedOut(there)
    await fill(there, { ...ada, password: old })
    await button(there, 'Sign in').click()
    await sees(alert(there).getByText('Invalid email or password'))
    await signIn(there)
    await there.context().close()
    await page.reload()
    await signedIn(page)
  })

  await keep('TellsOtherTabs', async () => {
    const tab = await open(context, trusted)
    await signedIn(tab)
    await button(page, 'Sign out').click()
    await signedOut(page)
    await signedOut(tab)
    assert.equal(await cookie(context), undefined)
    await tab.close()
  })

  await keep('ShowsWhatIsWrong', async () => {
    await fill(page, { ...ada, password: 'not the password' })
    await button(page, 'Sign in').click()
    await sees(alert(page).getByText('Invalid email or password'))
    await fill(page, ada)
    await button(page, 'Sign up').click()
    await sees(alert(page).getByText('User already exists. Use another email.'))
    await shot(page, 'react-refused')
  })

  await keep('ForgetsWhereTold', async () => {
    await page.getByLabel('Keep me signed in').uncheck()
    await signIn(page)
    assert.equal((await cookie(context)).expires, -1) // it goes with the browser
    await button(page, 'Sign out').click()
    await signedOut(page)
  })

  await keep('RefusesTheSamePageElsewhere', async () => {
    const other = await open(context, untrusted)
    await fill(other, ada)
    await button(other, 'Sign in').click()
    await sees(alert(other).getByText('The server cannot be reached'))
    assert.equal(await cookie(context), undefined)
    await other.close()
  })

  await keep('RefusesOtherOrigins', async () => {
    await signIn(page)
    const other = await open(context, untrusted)
    const tries = await other.evaluate(async api => {
      const get = init => fetch(api + '/api/auth/get-session', { credentials: 'include', ...init }).then(r => r.status, e => e.name)
      const out = init => fetch(api + '/api/auth/sign-out', { method: 'POST', credentials: 'include', body: '{}', ...init }).then(r => r.type, e => e.name)
      const json = { headers: { 'content-type': 'application/json' } }
      return [await get(), await out(json), await out({ mode: 'no-cors' })]
    }, api)
    assert.deepEqual(tries, ['TypeError', 'TypeError', 'opaque']) // neither can be read, and the last one has done nothing:
    const eve = { email: ada.email, password: ada.password }
    assert.deepEqual(await post(other, untrusted, '/api/auth/sign-in/email', eve), [403, 'INVALID_ORIGIN']) // with the cookie: it is the same site
    const crossed = untrusted.replace('localhost', '127.0.0.1')
    assert.deepEqual(await post(other, crossed, '/api/auth/sign-in/email', eve), [403, 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED'])
    await other.close()
    await page.reload()
    await signedIn(page)
  })
})

// The page that "kernia serve" has without any configuration, in Chromium.
import assert from 'node:assert/strict'
import { browse, cookie, open, sees } from './browser.mjs'
import { audit, focused, has, tab, use } from './devpage.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const ada = somebody()
const signUp = { 'Name': ada.name, 'E-mail address': ada.email, 'Password': ada.password }
const signIn = { 'E-mail address': ada.email, 'Password': ada.password }

await browse(async context => {
  const page = await open(context, given.page)
  const refused = [] // by the page's policy
  page.on('console', line => { if (line.text().includes('Content Security Policy')) refused.push(line.text()) })
  await page.reload()
  const { field, button, heading, alert, status, ends, press, follow, fill, greets, wrong } = use(page)

  await keep('BeginsWithAnAccount', async () => {
    await sees(heading('Create an account'))
    assert.equal(await page.title(), 'Create an account · Kernia')
    await audit(page, 'page-sign-up')
    await follow('Sign in')
    await focused(heading('Sign in'))
    assert.equal(await page.title(), 'Sign in · Kernia')
    await audit(page, 'page-sign-in')
    await page.goBack()
    await focused(heading('Create an account'))
  })

  await keep('SaysWhatIsMissing', async () => {
    await fill({ 'Name': '   ' })
    await press('Create account')
    assert.deepEqual([await wrong('Name'), await wrong('E-mail address'), await wrong('Password')],
      ['Enter your name.', 'Enter your e-mail address.', 'Choose a password.'])
    await focused(field('Name'))
    await audit(page, 'page-missing')
  })

  await keep('SaysWhatIsWrongBesideTheField', async () => {
    await fill({ ...signUp, 'E-mail address': 'ada@example', 'Password': 'short' })
    await press('Create account')
    await sees(page.getByText('This is not a complete e-mail address. It looks like ann@example.com.'))
    assert.deepEqual([await wrong('Name'), await wrong('Password')], ['', ''])
    await focused(field('E-mail address'))
    await fill({ 'E-mail address': ada.email })
    await press('Create account')
    await sees(page.getByRole('alert').getByText('This password is too short.'))
    await focused(field('Password'))
    await audit(page, 'page-wrong')
  })

  await keep('ShowsAPassword', async () => {
    await press('Show password')
    assert.equal(await field('Password').getAttribute('type'), 'text')
    await press('Hide password')
    assert.equal(await field('Password').getAttribute('type'), 'password')
  })

  await keep('SignsUpByKeyboard', async () => {
    await page.reload()
    await sees(heading('Create an account'))
    for (const [name, value] of Object.entries(signUp)) {
      await tab(page, field(name))
      await page.keyboard.type(value)
    }
    await tab(page, button('Create account'))
    await page.keyboard.press('Enter')
    await greets(ada)
    await focused(page.getByRole('heading', { level: 1 }))
    await audit(page, 'page-account')
  })

  await keep('SurvivesARestart', async () => {
    await ask('restart')
    await page.reload()
    await greets(ada)
  })

  // other signs in elsewhere and returns the page there.
  const other = async () => {
    const there = await open(await context.browser().newContext({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }), given.page + '/#sign-in')
    await use(there).fill(signIn)
    await use(there).press('Sign in')
    await use(there).greets(ada)
    return there
  }

  await keep('EndsASessionByKeyboard', async () => {
    const there = await other()
    await page.reload()
    await sees(ends)
    assert.equal(await ends.count(), 1)
    assert.deepEqual(await page.getByRole('listitem').filter({ hasText: 'This browser' }).getByRole('button').count(), 0)
    await audit(page, 'page-sessions')
    await tab(page, ends)
    await page.keyboard.press('Enter')
    await has(status, 'The session on Firefox on Linux has ended.')
    await focused(heading('Sessions'))
    assert.equal(await ends.count(), 0)
    await audit(page, 'page-ended')
    await greets(ada)

    await there.locator('summary').click()
    await use(there).fill({ 'Current password': 'a', 'New password': 'b' })
    await use(there).press('Change password')
    await has(use(there).alert, 'You are no longer signed in. Sign in again.')
    await focused(use(there).alert)
    await sees(use(there).heading('Sign in'))
    await there.context().close()
  })

  await keep('ChangesThePassword', async () => {
    const there = await other()
    await page.locator('summary').click()
    await press('Change password')
    assert.deepEqual([await wrong('Current password'), await wrong('New password')], ['Enter your current password.', 'Choose a new password.'])
    await fill({ 'Current password': 'not the password', 'New password': 'another good one' })
    await press('Change password')
    await sees(page.getByText('This is not your current password.'))
    await focused(field('Current password'))
    await audit(page, 'page-change')
    await fill({ 'Current password': ada.password, 'New password': 'short' })
    await press('Change password')
    await sees(page.getByText('This password is too short.'))
    await focused(field('New password'))
    await fill({ 'New password': 'another good one' })
    await press('Change password')
    await has(status, 'Your password has changed.')
    assert.equal(await page.locator('#old-password').inputValue(), '')
    await greets(ada)
    await there.reload()
    await sees(use(there).heading('Sign in'))
    await there.context().close()
  })

  await keep('SignsOutAndIn', async () => {
    await page.keyboard.press('Tab')
    await tab(page, button('Sign out'))
    await page.keyboard.press('Enter')
    await has(status, 'You are signed out.')
    await focused(heading('Sign in'))
    assert.equal(await cookie(context), undefined)
    await fill(signIn)
    await press('Sign in')
    await has(alert, 'The e-mail address or the password is wrong.')
    await focused(alert)
    await audit(page, 'page-refused')
    await fill({ 'Password': 'another good one' })
    await press('Sign in')
    await greets(ada)
  })

  await keep('SaysThatAnAddressIsTaken', async () => {
    await press('Sign out')
    await follow('Create one')
    await fill(signUp)
    await press('Create account')
    await sees(page.getByText('There is already an account with this address.'))
    await follow('Sign in')
    assert.equal(await field('E-mail address').inputValue(), ada.email)
  })

  // What a server answers that is not in a person's words, and what the page makes of it.
  const answers = [
    ['BusyServer', { status: 503, json: { code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable' } }, 'The server is busy. Try again in a moment.'],
    ['Limit', { status: 429, json: { message: 'Too many requests.' }, headers: { 'retry-after': '10' } }, 'That was too often. Try again in 10 seconds.'],
    ['Throttle', { status: 429, json: { code: 'TOO_MANY_ATTEMPTS' }, headers: { 'retry-after': '599' } }, 'That was too often. Try again in 10 minutes.'],
    ['UnknownCode', { status: 403, json: { code: 'MOON_IS_FULL', message: 'Not while the <b>moon</b> is full' } }, 'Not while the <b>moon</b> is full'],
    ['NoReason', { status: 404, body: '' }, 'The server answered 404 and no reason.'],
    ['Proxy', { status: 502, body: '<h1>Bad gateway</h1>' }, 'The server answered 502 and no reason.'],
    ['SecondFactor', { status: 200, json: { twoFactorRedirect: true } }, 'This account has a second factor, which this page cannot ask for. A page of your own can.'],
    ['Silence', null, 'The server does not answer. Is it running?'],
  ]
  for (const [name, answer, text] of answers) {
    await keep(`PutsIntoWords${name}`, async () => {
      await page.route('**/sign-in/email', route => answer ? route.fulfill(answer) : route.abort())
      await fill(signIn)
      await press('Sign in')
      await has(alert, text)
      await focused(alert)
      await page.unroute('**/sign-in/email')
    })
  }

  await keep('LetsNothingElseRun', async () => {
    assert.deepEqual(refused, [])
    await page.evaluate(() => {
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))
    })
    assert.equal(await page.evaluate(() => window.ran), undefined)
    assert.equal(refused.length, 1)
  })
})

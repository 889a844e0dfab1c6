// The example quickstart in Chromium, as somebody does who tries it out.
import assert from 'node:assert/strict'
import { browse, cookie, open, sees } from './browser.mjs'
import { audit, use } from './devpage.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const ada = somebody()

await browse(async context => {
  const page = await open(context, given.page)
  const { heading, press, fill, greets } = use(page)
  const answer = async path => {
    const res = await page.request.get(given.page + path)
    return [res.status(), await res.json()]
  }

  await keep('GreetsAStranger', async () => {
    await sees(heading('Create an account'))
    assert.deepEqual(await answer('/hello'), [200, 'Hello, stranger'])
    assert.equal((await answer('/me'))[0], 401)
  })

  await keep('SignsUp', async () => {
    await fill({ 'Name': ada.name, 'E-mail address': ada.email, 'Password': ada.password })
    await press('Create account')
    await greets(ada)
    await audit(page, 'quickstart-account')
    assert.deepEqual(await answer('/hello'), [200, `Hello, ${ada.name}`])
    assert.equal((await answer('/me'))[1].email, ada.email)
  })

  await keep('LeadsToItsRoutes', async () => {
    for (const [link, text] of [['GET /me', ada.email], ['GET /hello', `Hello, ${ada.name}`]]) {
      await page.getByRole('link', { name: link }).click()
      await sees(page.getByText(text))
      await page.goBack()
      await greets(ada)
    }
  })

  await keep('SurvivesARestart', async () => {
    await ask('restart')
    await page.reload()
    await greets(ada)
  })

  await keep('SignsOutAndIn', async () => {
    await press('Sign out')
    await sees(heading('Sign in'))
    assert.equal(await cookie(context), undefined)
    await fill({ 'E-mail address': ada.email, 'Password': ada.password })
    await press('Sign in')
    await greets(ada)
  })
})

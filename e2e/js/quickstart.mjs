// The example quickstart in Chromium, as somebody does who tries it out.
import assert from 'node:assert/strict'
import { browse, cookie, open, sees, shot } from './browser.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const ada = somebody()

await browse(async context => {
  const page = await open(context, given.page)
  const field = name => page.getByPlaceholder(name)
  const button = name => page.getByRole('button', { name, exact: true })
  const press = name => button(name).click()
  const greets = name => sees(page.getByText(`Hello, ${name}`))

  await keep('GreetsAStranger', async () => {
    await greets('stranger')
    await shot(page, 'quickstart-door')
    assert.deepEqual([await button('Sign in').isVisible(), await button('Sign out').isVisible()], [true, false])
    assert.equal((await page.request.get(given.page + '/me')).status(), 401)
  })

  await keep('SignsUp', async () => {
    await field('Name').fill(ada.name)
    await field('E-mail').fill(ada.email)
    await field('Password').fill('short')
    await press('Sign up')
    await sees(page.getByRole('alert').getByText('Password too short'))
    await field('Password').fill(ada.password)
    await press('Sign up')
    await greets(ada.name)
    await shot(page, 'quickstart-account')
    assert.deepEqual([await button('Sign in').isVisible(), await button('Sign out').isVisible()], [false, true])
    assert.equal((await (await page.request.get(given.page + '/me')).json()).email, ada.email)
  })

  await keep('SurvivesAReload', async () => {
    await page.reload()
    await greets(ada.name)
  })

  await keep('SurvivesARestart', async () => {
    await ask('restart')
    await page.reload()
    await greets(ada.name)
  })

  await keep('SignsOutAndIn', async () => {
    await press('Sign out')
    await greets('stranger')
    assert.equal(await cookie(context), undefined)
    await field('E-mail').fill(ada.email)
    await field('Password').fill('not the password')
    await press('Sign in')
    await sees(page.getByRole('alert').getByText('Invalid email or password'))
    await field('Password').fill(ada.password)
    await press('Sign in')
    await greets(ada.name)
  })
})

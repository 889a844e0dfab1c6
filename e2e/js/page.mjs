// The page that "kernia serve" has without any configuration, in Chromium.
import assert from 'node:assert/strict'
import { browse, cookie, open, sees, shot } from './browser.mjs'
import { ask, given, keep, somebody } from './kit.mjs'

const ada = somebody()

await browse(async context => {
  const page = await open(context, given.page)
  const press = name => page.getByRole('button', { name, exact: true }).click()
  const signedIn = () => sees(page.getByText(`Signed in as ${ada.name} (${ada.email})`))

  await keep('SignsUp', async () => {
    await page.getByLabel('Name').fill(ada.name)
    await page.getByLabel('E-mail').fill(ada.email)
    await page.getByLabel('Password').fill('short')
    await press('Sign up')
    await sees(page.getByRole('alert').getByText('Password too short'))
    await page.getByLabel('Password').fill(ada.password)
    await press('Sign up')
    await signedIn()
    await shot(page, 'page-account')
  })

  await keep('SurvivesARestart', async () => {
    await ask('restart')
    await page.reload()
    await signedIn()
  })

  await keep('SignsOutAndIn', async () => {
    await press('Sign out')
    await sees(page.getByRole('button', { name: 'Sign in' }))
    assert.equal(await cookie(context), undefined)
    await page.getByLabel('E-mail').fill(ada.email)
    await page.getByLabel('Password').fill('not the password')
    await press('Sign in')
    await sees(page.getByRole('alert').getByText('Invalid email or password'))
    await page.getByLabel('Password').fill(ada.password)
    await press('Sign in')
    await signedIn()
  })
})

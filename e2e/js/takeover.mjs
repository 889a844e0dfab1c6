// A database of any kind that the JavaScript server made is taken over by Kernia, at the same address and with the same
// secret.
import assert from 'node:assert/strict'
import { ask, enter, given, good, join, keep, refused, signedOut, visit } from './kit.mjs'

const { url } = given
// On MongoDB the JavaScript server leaves out a field that was never set, where it says null on other databases.
const view = async client => {
  const seen = await good(client.getSession())
  return { ...seen, user: { image: null, username: null, displayUsername: null, ...seen.user } }
}
const ada = await join(url, 'Ada Lovelace'), bob = await join(url, 'Bob')
const phone = await enter(url, ada), brief = await enter(url, bob, { rememberMe: false })
const before = await view(ada.client), briefly = await view(brief.client)

await ask('serve')

await keep('TakesItsCookies', async () => {
  assert.deepEqual(await view(ada.client), before)
  assert.deepEqual(await view(brief.client), briefly)
})

await keep('TakesItsPasswords', async () => {
  await refused(visit(url).signIn.email({ ...ada, password: 'not the password' }), 401, 'INVALID_EMAIL_OR_PASSWORD')
  const again = await enter(url, ada)
  assert.equal((await good(again.client.getSession())).user.id, before.user.id)
  await enter(url, ada) // the password is hashed anew by now
})

await keep('KnowsItsUsers', async () => {
  const { name, email, password } = bob
  await refused(visit(url).signUp.email({ name, email, password }), 422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL')
})

await keep('RevokesItsSessions', async () => {
  const { session } = await good(phone.client.getSession())
  const { token } = (await good(ada.client.listSessions())).find(s => s.id === session.id)
  await good(ada.client.revokeSession({ token }))
  await signedOut(phone.client)
})

await keep('LetsItsUsersGoOn', async () => {
  await good(bob.client.updateUser({ name: 'Robert' }))
  assert.equal((await good(brief.client.getSession())).user.name, 'Robert')
  await good(bob.client.changePassword({ currentPassword: bob.password, newPassword: 'another good one', revokeOtherSessions: true }))
  await signedOut(brief.client)
  await enter(url, { ...bob, password: 'another good one' })
})

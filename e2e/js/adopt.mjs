// A database that the JavaScript server made is taken over by Kernia, at the same address and with the same secret.
import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { ask, enter, given, good, join, keep, refused, signedOut, visit } from './kit.mjs'

const { url, file } = given
const read = sql => {
  const db = new Database(file, { readonly: true })
  try { return db.prepare(sql).all() } finally { db.close() }
}

const ada = await join(url, 'Ada Lovelace'), bob = await join(url, 'Bob'), eve = await join(url, 'Eve')
const phone = await enter(url, ada), brief = await enter(url, bob, { rememberMe: false })
const before = await good(ada.client.getSession()), briefly = await good(brief.client.getSession())
const listed = await good(ada.client.listSessions())
const rows = read('select * from user order by id'), accounts = read('select * from account order by id')

await keep('AddsOnlyTheMissingKey', async () => {
  const { first, second } = await ask('migrate')
  assert.equal(first, 'Add unique key on "providerId,accountId" to "account"')
  assert.equal(second, 'The schema is up to date.')
  assert.deepEqual([read('select * from user order by id'), read('select * from account order by id')], [rows, accounts])
})

await ask('serve')

await keep('TakesItsCookies', async () => {
  assert.deepEqual(await good(ada.client.getSession()), before)
  assert.deepEqual(await good(brief.client.getSession()), briefly)
  assert.deepEqual((await good(ada.client.listSessions())).map(s => s.id), listed.map(s => s.id))
})

await keep('TakesItsPasswords', async () => {
  await refused(visit(url).signIn.email({ ...ada, password: 'not the password' }), 401, 'INVALID_EMAIL_OR_PASSWORD')
  const again = await enter(url, ada)
  assert.equal((await good(again.client.getSession())).user.id, before.user.id)
  const [{ password }] = read(`select password from account where userId = '${before.user.id}'`)
  assert.match(password, /^\$argon2id\$/) // hashed anew at sign-in
  await enter(url, ada)
  await again.client.signOut()
})

await keep('KnowsItsUsers', async () => {
  const { name, email, password } = eve
  await refused(visit(url).signUp.email({ name, email, password }), 422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL')
})

await keep('RevokesItsSessions', async () => {
  const { session } = await good(phone.client.getSession())
  const { token } = (await good(ada.client.listSessions())).find(s => s.id === session.id)
  await good(ada.client.revokeSession({ token }))
  await signedOut(phone.client)
  await good(eve.client.signOut())
  await signedOut(eve.client)
})

await keep('LetsItsUsersGoOn', async () => {
  await good(bob.client.updateUser({ name: 'Robert' }))
  assert.equal((await good(brief.client.getSession())).user.name, 'Robert')
  await good(bob.client.changePassword({ currentPassword: bob.password, newPassword: 'another good one', revokeOtherSessions: true }))
  await signedOut(brief.client)
  await enter(url, { ...bob, password: 'another good one' })
})

await keep('StoresNewTokensHashed', async () => {
  const { client } = await join(url, 'Carol')
  const { session } = await good(client.getSession())
  const [{ token }] = read(`select token from session where id = '${session.id}'`)
  assert.match(token, /^sha256:/)
  assert.equal(read(`select token from session where token = '${before.session.token}'`).length, 1) // no read rewrites a row
})

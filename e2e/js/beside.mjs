// The JavaScript server and Kernia run on one database. What one of them does, the other knows at once.
import assert from 'node:assert/strict'
import { enter, given, good, Jar, join, keep, refused, signedOut, somebody, visit } from './kit.mjs'

// same returns what each of the servers says of the session in the jar, which must be the same. On MongoDB the JavaScript
// server leaves out a field that was never set, where it says null on other databases.
async function same(here, there, jar) {
  const [a, b] = [await view(here, jar), await view(there, jar)]
  assert.deepEqual(b, a)
  return a
}

async function view(url, jar) {
  const seen = await good(visit(url, jar).getSession())
  return seen && { ...seen, user: { image: null, username: null, displayUsername: null, ...seen.user } }
}

const { node, kernia } = given
for (const [way, here, there] of [['NodeThenKernia', node, kernia], ['KerniaThenNode', kernia, node]]) {
  await keep(`${way}TakesTheCookie`, async () => {
    const { jar, email } = await join(here)
    assert.equal((await same(here, there, jar)).user.email, email)
  })

  await keep(`${way}KeepsBriefSessionsBrief`, async () => {
    const brief = await enter(here, await join(there), { rememberMe: false }), was = await view(here, brief.jar)
    assert.deepEqual(await same(there, here, brief.jar), was)
    assert.deepEqual(brief.jar.names(), ['better-auth.dont_remember', 'better-auth.session_token'])
    brief.jar.close()
    await signedOut(visit(there, brief.jar))
  })

  await keep(`${way}TakesThePassword`, async () => {
    const { jar, ...who } = await join(here, 'Zoë')
    const elsewhere = await enter(there, who)
    assert.equal((await same(here, there, elsewhere.jar)).user.name, 'Zoë')
    await refused(visit(there).signIn.email({ ...who, password: 'not the password' }), 401, 'INVALID_EMAIL_OR_PASSWORD')
    await enter(here, who) // signing in there has not written a hash that is unknown here
  })

  await keep(`${way}TakesTheUsername`, async () => {
    const jar = new Jar(), who = somebody(), name = `Ada.${way}`
    await good(visit(here, jar).signUp.email({ ...who, username: name }))
    const { user } = await same(here, there, jar)
    assert.deepEqual([user.username, user.displayUsername], [name.toLowerCase(), name])
    const elsewhere = await good(visit(there).signIn.username({ username: name.toUpperCase(), password: who.password }))
    assert.equal(elsewhere.user.id, user.id)
    assert.deepEqual(await good(visit(there).isUsernameAvailable({ username: name })), { available: false })
    await refused(visit(there).signUp.email({ ...somebody(), username: name }), 400, 'USERNAME_IS_ALREADY_TAKEN')
  })

  await keep(`${way}TakesAPasswordOfAnyLetters`, async () => {
    const who = await join(here), password = 'Ｐässwörd-\u00e9 𝔘nicode'
    await good(who.client.changePassword({ currentPassword: who.password, newPassword: password }))
    await enter(there, { ...who, password: password.normalize('NFKC') })
  })

  await keep(`${way}SeesTheUpdate`, async () => {
    const { jar, client } = await join(here)
    await good(visit(there, jar).updateUser({ name: 'Renamed', image: 'https://example.com/a.png' }))
    const { user } = await same(here, there, jar)
    assert.deepEqual([user.name, user.image], ['Renamed', 'https://example.com/a.png'])
    await good(client.updateUser({ image: null }))
    assert.equal((await same(there, here, jar)).user.image, null)
  })

  await keep(`${way}ChangesThePassword`, async () => {
    const { jar, ...who } = await join(here), other = await enter(here, who), newPassword = 'another good one'
    await good(visit(there, jar).changePassword({ currentPassword: who.password, newPassword, revokeOtherSessions: true }))
    await signedOut(other.client)
    await same(here, there, jar)
    await refused(visit(here).signIn.email(who), 401, 'INVALID_EMAIL_OR_PASSWORD')
    await enter(here, { ...who, password: newPassword })
  })

  await keep(`${way}RevokesASession`, async () => {
    const { jar, ...who } = await join(here), other = await enter(here, who), mine = await good(other.client.getSession())
    const list = await good(visit(there, jar).listSessions())
    assert.deepEqual(list, await good(visit(here, jar).listSessions()))
    await good(visit(there, jar).revokeSession({ token: list.find(s => s.id === mine.session.id).token }))
    await signedOut(other.client)
    await same(here, there, jar)
  })

  await keep(`${way}RevokesOtherSessions`, async () => {
    const { jar, ...who } = await join(here), others = [await enter(here, who), await enter(there, who)]
    await good(visit(there, jar).revokeOtherSessions())
    for (const other of others) await signedOut(other.client)
    await same(here, there, jar)
  })

  await keep(`${way}SignsOut`, async () => {
    const { jar, client } = await join(here), stolen = jar.copy()
    await good(visit(there, jar).signOut())
    assert.deepEqual(jar.names(), [])
    await signedOut(client)
    for (const url of [here, there]) await signedOut(visit(url, stolen.copy()))
  })

  await keep(`${way}KnowsTheUser`, async () => {
    const { name, email, password } = await join(here)
    await refused(visit(there).signUp.email({ name, email, password }), 422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL')
  })
}

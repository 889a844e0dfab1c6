// The official client against a server: every call, every error it can run into, and the cookies a browser would keep.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { ask, enter, given, good, Jar, join, keep, refused, signedOut, somebody, visit } from './kit.mjs'

const { url } = given
const session = 'better-auth.session_token', short = 'better-auth.dont_remember', week = 7 * 24 * 3600
const near = (date, seconds) => assert.ok(Math.abs(date - Date.now() - seconds * 1000) < 60_000, `${date}`)

await keep('SignsUp', async () => {
  const jar = new Jar(), who = somebody('Grace Hopper')
  const { token, user } = await good(visit(url, jar).signUp.email({ ...who, email: who.email.toUpperCase() }))
  assert.match(token, /^[a-zA-Z0-9]{32}$/)
  assert.deepEqual([user.name, user.email, user.emailVerified, user.image], [who.name, who.email, false, null])
  assert.ok(user.createdAt instanceof Date && user.updatedAt instanceof Date)
  near(user.createdAt, 0)
  assert.deepEqual([jar.names(), jar.maxAge(session)], [[session], String(week)])
})

await keep('TellsTheSession', async () => {
  const { client, email } = await join(url)
  const { session, user } = await good(client.getSession())
  assert.deepEqual([user.email, session.userId], [email, user.id])
  for (const at of ['createdAt', 'updatedAt', 'expiresAt']) assert.ok(session[at] instanceof Date, at)
  near(session.expiresAt, week)
  assert.equal(session.userAgent, 'node')
})

await keep('RefusesABadSignUp', async () => {
  const { client, ...who } = await join(url), other = somebody()
  const guest = () => visit(url).signUp
  await refused(guest().email(who), 422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'User already exists. Use another email.')
  await refused(guest().email({ ...other, email: 'nobody' }), 400, 'VALIDATION_ERROR', '[body.email] Invalid email address')
  await refused(guest().email({ ...other, password: 'short' }), 400, 'PASSWORD_TOO_SHORT', 'Password too short')
  await refused(guest().email({ ...other, password: 'x'.repeat(129) }), 400, 'PASSWORD_TOO_LONG', 'Password too long')
  await refused(guest().email({ name: 'x', email: other.email }), 400, 'VALIDATION_ERROR')
  await refused(guest().email({ ...other, callbackURL: 'https://evil.example' }), 403, 'INVALID_CALLBACK_URL')
})

await keep('RefusesABadSignIn', async () => {
  const jar = new Jar(), { email, password } = await join(url), door = visit(url, jar).signIn
  await refused(door.email({ email, password: 'not the password' }), 401, 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password')
  await refused(door.email({ email: somebody().email, password }), 401, 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password')
  await refused(door.email({ email: 'nobody', password }), 400, 'INVALID_EMAIL', 'Invalid email')
  await refused(door.email({ email, password: 'x'.repeat(129) }), 400, 'PASSWORD_TOO_LONG')
  await refused(door.email({ email }), 400, 'VALIDATION_ERROR')
  await refused(door.email({ email, password, callbackURL: '//evil.example' }), 403, 'INVALID_CALLBACK_URL')
  assert.deepEqual(jar.names(), [])
})

await keep('RemembersOrForgets', async () => {
  const who = await join(url)
  const kept = await enter(url, who, { rememberMe: true }), brief = await enter(url, who, { rememberMe: false })
  near((await good(brief.client.getSession())).session.expiresAt, 24 * 3600)
  assert.deepEqual([brief.jar.names(), brief.jar.maxAge(session)], [[short, session], undefined])
  kept.jar.close()
  brief.jar.close()
  assert.equal((await good(kept.client.getSession())).user.email, who.email)
  await signedOut(brief.client)
})

await keep('GoesToTheCallback', async () => {
  const { email, password } = await join(url)
  const data = await good(visit(url).signIn.email({ email, password, callbackURL: '/home' }))
  assert.deepEqual([data.redirect, data.url, data.user.email], [true, '/home', email])
})

await keep('ListsAndRevokesASession', async () => {
  const { client, ...who } = await join(url), other = await enter(url, who), third = await enter(url, who)
  const list = await good(client.listSessions())
  assert.equal(list.length, 3)
  assert.ok(list.every(s => s.expiresAt instanceof Date && s.token))
  const otherID = (await good(other.client.getSession())).session.id
  await good(client.revokeSession({ token: list.find(s => s.id === otherID).token }))
  await signedOut(other.client)
  assert.deepEqual(other.jar.names(), [])
  await good(third.client.revokeSession({ token: 'unknown' }))
  const own = (await good(third.client.getSession())).session.token
  await good(third.client.revokeSession({ token: own }))
  assert.deepEqual(third.jar.names(), [])
  assert.equal((await good(client.listSessions())).length, 1)
})

await keep('RevokesNobodyElsesSession', async () => {
  const ada = await join(url), eve = await join(url)
  const [{ token }] = await good(ada.client.listSessions())
  assert.deepEqual(await good(eve.client.revokeSession({ token })), { status: true })
  assert.ok(await good(ada.client.getSession()))
})

await keep('RevokesOtherSessions', async () => {
  const { client, ...who } = await join(url), other = await enter(url, who)
  await good(client.revokeOtherSessions())
  await signedOut(other.client)
  assert.ok(await good(client.getSession()))
})

await keep('RevokesAllSessions', async () => {
  const { client, jar, ...who } = await join(url), other = await enter(url, who), stolen = visit(url, jar.copy())
  assert.deepEqual(await good(client.revokeSessions()), { status: true })
  assert.deepEqual(jar.names(), [])
  for (const c of [client, other.client, stolen]) await signedOut(c)
})

await keep('UpdatesTheUser', async () => {
  const { client } = await join(url)
  assert.deepEqual(await good(client.updateUser({ name: 'Ada King', image: 'https://example.com/a.png' })), { status: true })
  let { user } = await good(client.getSession())
  assert.deepEqual([user.name, user.image], ['Ada King', 'https://example.com/a.png'])
  await good(client.updateUser({ image: null }));
  ({ user } = await good(client.getSession()))
  assert.deepEqual([user.name, user.image], ['Ada King', null])
  await refused(client.updateUser({ email: 'x@example.com' }), 400, 'EMAIL_CAN_NOT_BE_UPDATED')
  await refused(client.updateUser({ unknown: 1 }), 400, null, 'No fields to update')
  await refused(client.updateUser({}), 404, null) // the client sends it as a GET
})

await keep('ChangesThePassword', async () => {
  const { client, jar, ...who } = await join(url), other = await enter(url, who), stolen = visit(url, jar.copy())
  const change = body => client.changePassword({ currentPassword: who.password, newPassword: 'another good one', ...body })
  await refused(change({ currentPassword: 'not the password' }), 400, 'INVALID_PASSWORD', 'Invalid password')
  await refused(change({ newPassword: 'short' }), 400, 'PASSWORD_TOO_SHORT')
  await refused(change({ newPassword: 'x'.repeat(129) }), 400, 'PASSWORD_TOO_LONG')
  assert.equal((await good(change({}))).token, null)
  assert.ok(await good(other.client.getSession()))
  const changed = await good(change({ currentPassword: 'another good one', newPassword: 'a third one', revokeOtherSessions: true }))
  assert.match(changed.token, /^[a-zA-Z0-9]{32}$/)
  assert.ok(changed.user.createdAt instanceof Date)
  for (const c of [other.client, stolen]) await signedOut(c)
  assert.equal((await good(client.getSession())).session.token, changed.token)
  await refused(visit(url).signIn.email(who), 401, 'INVALID_EMAIL_OR_PASSWORD')
  await enter(url, { ...who, password: 'a third one' })
  assert.deepEqual(await good(client.verifyPassword({ password: 'a third one' })), { status: true })
  await refused(client.verifyPassword({ password: who.password }), 400, 'INVALID_PASSWORD')
})

await keep('SignsOut', async () => {
  const { client, jar } = await join(url), stolen = visit(url, jar.copy())
  assert.deepEqual(await good(client.signOut()), { success: true })
  assert.deepEqual(jar.names(), [])
  for (const c of [client, stolen]) await signedOut(c)
  assert.deepEqual(await good(client.signOut()), { success: true })
})

await keep('RefusesStrangers', async () => {
  const nobody = visit(url), body = { currentPassword: 'x', newPassword: 'another good one' }
  await signedOut(nobody)
  const calls = [nobody.listSessions(), nobody.revokeSession({ token: 'x' }), nobody.revokeSessions(), nobody.revokeOtherSessions(),
    nobody.updateUser({ name: 'x' }), nobody.changePassword(body), nobody.verifyPassword({ password: 'x' })]
  for (const call of calls) await refused(call, 401, 'UNAUTHORIZED', 'Unauthorized')
  await refused(nobody.$fetch('/no-such-route'), 404, null)
})

await keep('RefusesOtherOrigins', async () => {
  const { jar, email, password } = await join(url)
  await refused(visit(url, jar, { origin: 'https://evil.example' }).signOut(), 403, 'INVALID_ORIGIN', 'Invalid origin')
  await refused(visit(url, jar, {}).signOut(), 403, 'MISSING_OR_NULL_ORIGIN', 'Missing or null Origin')
  await refused(visit(url, undefined, { origin: 'https://evil.example' }).signIn.email({ email, password }), 403, 'INVALID_ORIGIN')
  await refused(visit(url, undefined, {}).signIn.email({ email, password }), 403, 'MISSING_OR_NULL_ORIGIN') // Node sends Sec-Fetch-Mode
  assert.ok(await good(visit(url, jar).getSession()))
})

await keep('TakesABearerToken', async () => {
  const { email, password } = await join(url)
  let token
  await good(visit(url).signIn.email({ email, password }, { onSuccess: ({ response }) => { token = response.headers.get('set-auth-token') } }))
  const app = visit(url, { fetch }, {}), auth = { type: 'Bearer', token }
  assert.equal((await good(app.getSession({ fetchOptions: { auth } }))).user.email, email)
  assert.deepEqual(await good(app.updateUser({ name: 'By token' }, { auth })), { status: true })
  await good(app.signOut({ fetchOptions: { auth } }))
  assert.equal(await good(app.getSession({ fetchOptions: { auth } })), null)
})

await keep('KeepsFieldsOfTheApplication', async () => {
  const jar = new Jar(), client = visit(url, jar)
  const { user } = await good(client.signUp.email({ ...somebody(), plan: 'pro' }))
  assert.equal(user.plan, 'pro')
  await good(client.updateUser({ plan: 'free' }))
  await good(client.updateSession({ theme: 'dark' }))
  const now = await good(client.getSession())
  assert.deepEqual([now.user.plan, now.session.theme], ['free', 'dark'])
})

await keep('SignsInByUsername', async () => {
  const jar = new Jar(), client = visit(url, jar), who = somebody('Ada'), name = `Ada_${Date.now().toString(36)}`
  assert.deepEqual(await good(client.isUsernameAvailable({ username: name })), { available: true })
  const { user } = await good(client.signUp.email({ ...who, username: name }))
  assert.deepEqual([user.username, user.displayUsername], [name.toLowerCase(), name])
  assert.deepEqual(await good(client.isUsernameAvailable({ username: name.toUpperCase() })), { available: false })
  await refused(client.isUsernameAvailable({ username: 'a b' }), 422, 'INVALID_USERNAME', 'Username is invalid')
  await refused(visit(url).signUp.email({ ...somebody(), username: name }), 400, 'USERNAME_IS_ALREADY_TAKEN')

  const other = new Jar(), device = visit(url, other), door = device.signIn
  const data = await good(door.username({ username: name.toUpperCase(), password: who.password, rememberMe: false }))
  assert.deepEqual([data.user.email, data.redirect, other.names()], [who.email, false, [short, session]])
  assert.equal((await good(device.getSession())).user.username, name.toLowerCase())
  await refused(door.username({ username: name, password: 'not the password' }), 401, 'INVALID_USERNAME_OR_PASSWORD', 'Invalid username or password')
  await refused(door.username({ username: `nobody_${Date.now().toString(36)}`, password: who.password }), 401, 'INVALID_USERNAME_OR_PASSWORD')
  await refused(door.username({ username: 'ab', password: who.password }), 422, 'USERNAME_TOO_SHORT')
  await refused(door.username({ username: name, password: 'x'.repeat(129) }), 400, 'PASSWORD_TOO_LONG')

  await good(client.updateUser({ username: `${name}.2`, displayUsername: 'The Ada' }))
  const { user: now } = await good(client.getSession())
  assert.deepEqual([now.username, now.displayUsername], [`${name.toLowerCase()}.2`, 'The Ada'])
  const eve = await join(url)
  await refused(eve.client.updateUser({ username: `${name}.2` }), 400, 'USERNAME_IS_ALREADY_TAKEN')
  assert.equal((await good(eve.client.getSession())).user.username, null)
})

// code returns the code of an authenticator app that scanned the URI, some steps of 30 seconds from now.
function code(uri, later = 0) {
  let bits = ''
  for (const letter of new URL(uri).searchParams.get('secret')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const sum = createHmac('sha1', key).update(step).digest()
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

await keep('AsksForASecondFactor', async () => {
  const { jar, ...who } = await join(url), { email, password } = who
  const page = jar => visit(url, jar)
  const client = page(jar)
  await refused(client.twoFactor.enable({ password: 'not the password' }), 400, 'INVALID_PASSWORD', 'Invalid password')
  const { totpURI, backupCodes } = await good(client.twoFactor.enable({ password }))
  await refused(client.twoFactor.verifyTotp({ code: 'wrong' }), 401, 'INVALID_CODE', 'Invalid code')
  await good(client.twoFactor.verifyTotp({ code: code(totpURI) }))
  assert.equal((await good(client.getSession())).user.twoFactorEnabled, true)
  assert.deepEqual(await good(client.twoFactor.getTotpUri({ password })), { totpURI })

  const door = async jar => {
    const data = await good(page(jar).signIn.email({ email, password }))
    return data.twoFactorRedirect ? data.twoFactorMethods : 'signed in'
  }
  const browser = new Jar()
  assert.deepEqual(await door(browser), ['totp'])
  assert.deepEqual(browser.names(), ['better-auth.two_factor'])
  await signedOut(page(browser))
  await refused(page(browser).twoFactor.sendOtp(), 400, 'OTP_NOT_CONFIGURED')
  await refused(page(new Jar()).twoFactor.verifyTotp({ code: code(totpURI) }), 401, 'INVALID_TWO_FACTOR_COOKIE')
  const { token, user } = await good(page(browser).twoFactor.verifyTotp({ code: code(totpURI, 1), trustDevice: true }))
  assert.deepEqual([token.length, user.email], [32, email])
  assert.deepEqual(browser.names(), [session, 'better-auth.trust_device'])
  await good(page(browser).signOut())
  assert.equal(await door(browser), 'signed in')

  const lost = new Jar()
  await door(lost)
  await good(page(lost).twoFactor.verifyBackupCode({ code: backupCodes[0] }))
  assert.ok(await good(page(lost).getSession()))
  await door(lost)
  await refused(page(lost).twoFactor.verifyBackupCode({ code: backupCodes[0] }), 401, 'INVALID_BACKUP_CODE')
  assert.equal((await good(client.twoFactor.generateBackupCodes({ password }))).backupCodes.length, 10)

  assert.deepEqual(await good(client.twoFactor.disable({ password })), { status: true })
  assert.equal((await good(client.getSession())).user.twoFactorEnabled, false)
  assert.equal(await door(new Jar()), 'signed in')
})

// Users in memory and sessions in Redis are no pair that anybody restarts.
if ('keeps' in given) await keep(given.keeps ? 'SurvivesARestart' : 'ForgetsInARestart', async () => {
  const { client, ...who } = await join(url), before = await good(client.getSession())
  await ask('restart')
  if (!given.keeps) return signedOut(client)
  assert.deepEqual(await good(client.getSession()), before)
  await enter(url, who)
  assert.equal((await good(client.listSessions())).length, 2)
})

// The official client and a mailbox: every flow that goes through a mailed link.
import assert from 'node:assert/strict'
import { ask, enter, given, good, Jar, keep, refused, signedOut, somebody, visit } from './kit.mjs'

const { url } = given

// next returns the next mail that the server sent, which must be of the kind and to the address.
async function next(kind, to) {
  const mail = await ask('mail')
  assert.deepEqual([mail.kind, mail.to], [kind, to])
  return mail
}

// follow opens a mailed link as the browser with the jar does, and returns where it leads.
async function follow(link, jar = new Jar()) {
  const res = await jar.fetch(link, { redirect: 'manual' })
  assert.equal(res.status, 302, `${link}: ${res.status} ${await res.text()}`)
  return res.headers.get('location')
}

// verified signs somebody up, who verifies their address and signs in.
async function verified() {
  const who = somebody(), jar = new Jar(), client = visit(url, jar)
  await good(client.signUp.email(who))
  await follow((await next('verify-email', who.email)).url, jar)
  return { ...who, jar, client }
}

await keep('VerifiesBeforeTheFirstSignIn', async () => {
  const who = somebody(), jar = new Jar(), client = visit(url, jar)
  const { token } = await good(client.signUp.email({ ...who, callbackURL: '/welcome' }))
  assert.equal(token, null)
  const first = await next('verify-email', who.email)
  await good(visit(url).signUp.email({ ...who, name: 'Somebody else' })) // tells nothing
  await next('existing-account', who.email)
  await refused(client.signIn.email(who), 403, 'EMAIL_NOT_VERIFIED', 'Email not verified')
  const second = await next('verify-email', who.email)
  assert.equal(await follow(first.url, jar), '/welcome')
  assert.equal((await good(client.getSession())).user.emailVerified, true)
  const other = new Jar()
  await follow(second.url, other)
  await signedOut(visit(url, other))
  await good(visit(url).signIn.email(who))
})

await keep('SendsTheLinkAgain', async () => {
  const who = somebody(), client = visit(url)
  await good(client.signUp.email(who))
  await next('verify-email', who.email)
  await good(client.sendVerificationEmail({ email: who.email, callbackURL: '/in' }))
  await good(client.sendVerificationEmail({ email: somebody().email }))
  const { token } = await next('verify-email', who.email)
  await refused(client.verifyEmail({ query: { token: token + 'x' } }), 401, 'INVALID_TOKEN')
  assert.equal((await good(client.verifyEmail({ query: { token } }))).status, true)
  await good(client.signIn.email(who))
})

await keep('ResetsAForgottenPassword', async () => {
  const who = await verified(), elsewhere = await enter(url, who)
  const guest = visit(url), asked = await good(guest.requestPasswordReset({ email: who.email, redirectTo: '/new' }))
  assert.deepEqual(await good(guest.requestPasswordReset({ email: somebody().email, redirectTo: '/new' })), asked)
  const { url: link, token } = await next('reset-password', who.email)
  const page = new URL(await follow(link))
  assert.deepEqual([page.pathname, page.searchParams.get('token')], ['/new', token])
  await refused(guest.resetPassword({ newPassword: 'short', token }), 400, 'PASSWORD_TOO_SHORT')
  await good(guest.resetPassword({ newPassword: 'another battery', token }))
  await refused(guest.resetPassword({ newPassword: 'a third battery', token }), 400, 'INVALID_TOKEN')
  assert.equal(new URL(await follow(link)).searchParams.get('error'), 'INVALID_TOKEN')
  await signedOut(who.client)
  await signedOut(elsewhere.client)
  await refused(guest.signIn.email(who), 401, 'INVALID_EMAIL_OR_PASSWORD')
  await good(guest.signIn.email({ email: who.email, password: 'another battery' }))
})

await keep('ChangesTheAddressThroughBothMailboxes', async () => {
  const { client, jar, email, password } = await verified(), to = somebody().email
  await good(client.changeEmail({ newEmail: to, callbackURL: '/changed' }))
  const old = await next('change-email', email)
  assert.equal(await follow(old.url, jar), '/changed')
  const link = (await next('verify-email', to)).url
  assert.equal((await good(client.getSession())).user.email, email)
  const stranger = await verified()
  assert.match(await follow(link, stranger.jar), /error=INVALID_USER/)
  assert.equal(await follow(link, jar), '/changed')
  const { user } = await good(client.getSession({ query: { disableCookieCache: true } }))
  assert.deepEqual([user.email, user.emailVerified], [to, true])
  assert.match(await follow(link, jar), /error=USER_NOT_FOUND/)
  await refused(visit(url).signIn.email({ email, password }), 401, 'INVALID_EMAIL_OR_PASSWORD')
  await good(visit(url).signIn.email({ email: to, password }))
  await good(client.changeEmail({ newEmail: stranger.email })) // tells nothing, mails nothing
})

await keep('DeletesTheAccountByAMailedLink', async () => {
  const who = await verified(), stranger = await verified()
  await refused(who.client.deleteUser({ password: 'not the password' }), 400, 'INVALID_PASSWORD')
  const out = await good(who.client.deleteUser({ password: who.password, callbackURL: '/bye' }))
  assert.deepEqual(out, { success: true, message: 'Verification email sent' })
  const { url: link } = await next('delete-user', who.email)
  assert.equal((await stranger.jar.fetch(link, { redirect: 'manual' })).status, 404)
  assert.equal(await follow(link, who.jar), '/bye')
  await signedOut(who.client)
  await refused(visit(url).signIn.email(who), 401, 'INVALID_EMAIL_OR_PASSWORD')
})

await keep('SignsInByAMagicLink', async () => {
  const who = somebody(), client = visit(url), jar = new Jar()
  const places = { callbackURL: '/in', newUserCallbackURL: '/new', errorCallbackURL: '/no' }
  await good(client.signIn.magicLink({ email: who.email, name: who.name, ...places }))
  const { url: link, token } = await next('magic-link', who.email)
  assert.equal(new URL(await follow(link, jar)).pathname, '/new') // in another browser
  const { user } = await good(visit(url, jar).getSession())
  assert.deepEqual([user.email, user.name, user.emailVerified], [who.email, who.name, true])
  assert.match(await follow(link), /\/no\?error=INVALID_TOKEN$/)
  const { error } = await client.magicLink.verify({ query: { token, callbackURL: '/in' } })
  assert.notEqual(error, null)
  await good(client.signIn.magicLink({ email: who.email }))
  const here = new Jar(), second = await next('magic-link', who.email)
  const data = await good(visit(url, here).magicLink.verify({ query: { token: second.token } }))
  assert.deepEqual([data.user.email, data.session.token], [who.email, data.token])
  assert.equal((await good(visit(url, here).getSession())).user.email, who.email)
})

await keep('GivesAnAddressBackToItsOwner', async () => {
  const who = somebody(), stranger = visit(url), jar = new Jar()
  await good(stranger.signUp.email(who)) // with an address that is not theirs
  await next('verify-email', who.email)
  await good(visit(url).signIn.magicLink({ email: who.email, callbackURL: '/in' }))
  await follow((await next('magic-link', who.email)).url, jar)
  await refused(stranger.signIn.email(who), 401, 'INVALID_EMAIL_OR_PASSWORD')
  assert.equal((await good(visit(url, jar).getSession())).user.email, who.email)
})

await keep('SignsInByACode', async () => {
  const { name, email } = somebody(), jar = new Jar(), client = visit(url, jar)
  await good(client.emailOtp.sendVerificationOtp({ email, type: 'sign-in' }))
  const { code } = await next('email-otp', email)
  await refused(client.signIn.emailOtp({ email, otp: 'wrong' }), 400, 'INVALID_OTP', 'Invalid OTP')
  await good(client.emailOtp.checkVerificationOtp({ email, type: 'sign-in', otp: code }))
  const { user } = await good(client.signIn.emailOtp({ email, otp: code, name }))
  assert.deepEqual([user.email, user.name, user.emailVerified], [email, name, true])
  await refused(visit(url).signIn.emailOtp({ email, otp: code }), 400, 'INVALID_OTP')
  assert.equal((await good(client.getSession())).user.email, email)
})

await keep('VerifiesResetsAndChangesByCodes', async () => {
  const who = somebody(), { email } = who, jar = new Jar(), client = visit(url, jar), to = somebody().email
  await good(client.signUp.email(who))
  await next('verify-email', email)
  await good(client.emailOtp.sendVerificationOtp({ email, type: 'email-verification' }))
  const first = await next('email-otp', email)
  assert.equal((await good(client.emailOtp.verifyEmail({ email, otp: first.code }))).user.emailVerified, true)
  assert.equal((await good(client.getSession())).user.email, email) // autoSignInAfterVerification
  await good(client.emailOtp.requestPasswordReset({ email }))
  const reset = await next('email-otp', email)
  await good(client.emailOtp.resetPassword({ email, otp: reset.code, password: 'another battery' }))
  await signedOut(client)
  await good(client.signIn.email({ email, password: 'another battery' }))
  await good(client.emailOtp.sendVerificationOtp({ email, type: 'email-verification' }))
  const present = await next('email-otp', email)
  await good(client.emailOtp.requestEmailChange({ newEmail: to, otp: present.code }))
  await good(client.emailOtp.changeEmail({ newEmail: to, otp: (await next('email-otp', to)).code }))
  assert.equal((await good(client.getSession())).user.email, to)
})

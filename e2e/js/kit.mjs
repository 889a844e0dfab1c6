// What every script shares: promises that the Go test reports, questions to it, and a client with a cookie jar.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { createAuthClient } from 'better-auth/client'
import { emailOTPClient, magicLinkClient, twoFactorClient, usernameClient } from 'better-auth/client/plugins'

// What the Go test gave.
export const given = JSON.parse(process.argv[2])

const say = message => process.stdout.write(JSON.stringify(message) + '\n')

// keep runs body and tells whether the promise held. The next one runs in either case.
export async function keep(promise, body) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('took a minute')), 60_000) })
  try {
    await Promise.race([body(), late])
    say({ kept: promise })
  } catch (error) {
    say({ broken: promise, why: error.stack })
    process.exitCode = 1
  } finally {
    clearTimeout(timer)
  }
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
process.stdin.unref()

// ask has the Go test do something, such as to restart the server, and waits until it is done.
export async function ask(what) {
  process.stdin.ref()
  say({ ask: what })
  const { value } = await answers.next()
  process.stdin.unref()
  return JSON.parse(value)
}

// A Jar keeps cookies as a browser does that talks to one host.
export class Jar {
  #cookies

  constructor(cookies = []) { this.#cookies = new Map(cookies) }

  fetch = async (url, init) => {
    const headers = new Headers(init?.headers)
    const cookies = [...this.#cookies].map(([name, { value }]) => `${name}=${value}`)
    if (cookies.length) headers.set('cookie', cookies.join('; '))
    const res = await fetch(url, { ...init, headers })
    for (const line of res.headers.getSetCookie()) this.#take(line)
    return res
  }

  #take(line) {
    const [pair, ...rest] = line.split('; ')
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const has = Object.fromEntries(rest.map(part => [part.split('=')[0].toLowerCase(), part.split('=')[1] ?? true]))
    assert.equal(has.httponly, true, line)
    assert.equal(has.samesite, 'Lax', line)
    if (has['max-age'] === '0') this.#cookies.delete(name)
    else this.#cookies.set(name, { value, maxAge: has['max-age'] })
  }

  // close is what closing the browser does: cookies without Max-Age are gone.
  close() {
    for (const [name, { maxAge }] of this.#cookies) if (maxAge === undefined) this.#cookies.delete(name)
  }

  maxAge(name) { return this.#cookies.get(name)?.maxAge }
  names() { return [...this.#cookies.keys()].sort() }
  copy() { return new Jar(this.#cookies) }
}

// visit returns the official client, with the jar's cookies, as a page of the trusted origin has it.
export function visit(url, jar = new Jar(), headers = { origin: given.origin }) {
  return createAuthClient({ baseURL: url, fetchOptions: { customFetchImpl: jar.fetch, headers }, plugins: [emailOTPClient(), magicLinkClient(), twoFactorClient(), usernameClient()] })
}

// good returns the data of a call that succeeded.
export async function good(call) {
  const { data, error } = await call
  assert.equal(error, null, JSON.stringify(error))
  return data
}

// refused checks that a call failed with that status and code, null for an error without one.
export async function refused(call, status, code, message) {
  const { data, error } = await call
  assert.equal(data, null, JSON.stringify(data))
  assert.deepEqual([error.status, error.code ?? null], [status, code], JSON.stringify(error))
  assert.ok(error.statusText, 'the reason phrase is there')
  if (message) assert.equal(error.message, message)
}

export async function signedOut(client) { assert.equal(await good(client.getSession()), null) }

let number = 0

// somebody returns what to sign up with, another address every time.
export function somebody(name = 'Ada Lovelace') {
  return { name, email: `user${++number}.${Date.now().toString(36)}@example.com`, password: 'correct horse battery' }
}

// join signs up somebody and returns who it is, with a client and its jar.
export async function join(url, name) {
  const jar = new Jar(), who = somebody(name), client = visit(url, jar)
  await good(client.signUp.email(who))
  return { ...who, jar, client }
}

// enter signs in on another device.
export async function enter(url, { email, password }, more) {
  const jar = new Jar(), client = visit(url, jar)
  await good(client.signIn.email({ email, password, ...more }))
  return { email, password, jar, client }
}


'use strict'
const base = document.querySelector('meta[name=base-path]').content
const title = document.title
const $ = id => document.getElementById(id)

// What a person reads for a code of the server, and the field that it is about, if it is about one. For every other
// code the person reads the server's own message.
const texts = {
  INVALID_EMAIL: ['This is not a complete e-mail address. It looks like ann@example.com.', 'email'],
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: ['There is already an account with this address. Sign in, or use another address.', 'email'],
  INVALID_EMAIL_OR_PASSWORD: ['The e-mail address or the password is wrong.'],
  PASSWORD_TOO_SHORT: ['This password is too short.', 'password'],
  PASSWORD_TOO_LONG: ['This password is too long.', 'password'],
  INVALID_PASSWORD: ['This is not your current password.', 'currentPassword'],
  SESSION_NOT_FRESH: ['You signed in a while ago. To see your sessions, sign out and in again.'],
  EMAIL_PASSWORD_DISABLED: ['E-mail and password are switched off on this server.'],
  EMAIL_PASSWORD_SIGN_UP_DISABLED: ['Nobody can create an account here: sign-up is switched off.'],
  INVALID_ORIGIN: [`The server does not trust this page's address. Open the page at the server's base URL, or add ${location.origin} to its trusted origins.`],
  SERVICE_UNAVAILABLE: ['The server is busy. Try again in a moment.'],
}

// A Failure is what the person reads when a call has failed.
class Failure extends Error {
  constructor(text, field, status) { super(text); Object.assign(this, { field, status }) }
}

// call calls a route, with a body as POST, and returns its answer or throws a Failure.
async function call(path, body) {
  let res
  try {
    res = await fetch(base + path, body && {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    })
  } catch {
    throw new Failure('The server does not answer. Is it running?')
  }
  const data = await res.json().catch(() => null)
  if (res.ok) return data
  if (res.status === 429) throw new Failure(`That was too often. Try again ${later(res.headers.get('retry-after'))}.`)
  const [text, field] = words(data) ?? [`The server answered ${res.status} and no reason.`]
  throw new Failure(text, field, res.status)
}

// words returns what to say of an error, and its field. VALIDATION_ERROR names the field in its message.
function words(error) {
  const field = error?.code === 'VALIDATION_ERROR' && /^\[body\.(\w+)\]/.exec(error.message)?.[1]
  if (field === 'email') return texts.INVALID_EMAIL
  return texts[error?.code] ?? (error?.message && [error.message, field])
}

// later says when seconds are over.
function later(seconds) {
  if (!(seconds > 0)) return 'in a while'
  return seconds < 100 ? `in ${seconds} seconds` : `in ${Math.ceil(seconds / 60)} minutes`
}

// Alerts and the status are read out as they change. What they say ends with the next step.
function clear() {
  for (const e of document.querySelectorAll('#alert, #status, .error')) e.textContent = ''
  for (const e of document.querySelectorAll('[aria-invalid]')) e.removeAttribute('aria-invalid')
}

function alarm(text) {
  $('alert').textContent = text
  $('alert').focus()
}

// blame says beside a field what is wrong with it.
function blame(input, text) {
  $(input.id + '-error').textContent = text
  input.setAttribute('aria-invalid', 'true')
}

let busy = false

// act runs one step of the person at a time and shows what went wrong: beside its field, or else in the alert.
async function act(step, form) {
  if (busy) return
  busy = true
  clear()
  try {
    await step()
  } catch (e) {
    const fields = form?.elements, input = e.field && (fields?.[e.field] ?? fields?.newPassword) // a new one has the codes of a password
    if (e.status === 401 && !$('account').hidden) {
      door('sign-in')
      alarm('You are no longer signed in. Sign in again.')
    } else if (input) {
      blame(input, e.message)
      input.focus()
    } else {
      alarm(e.message)
    }
  } finally {
    busy = false
  }
}

// onSubmit has a form call fn with its values, once all that it requires is there.
function onSubmit(form, fn) {
  form.addEventListener('submit', event => {
    event.preventDefault()
    act(async () => {
      const blank = [...form.elements].filter(e => e.required && !e.value.trim())
      for (const input of blank) blame(input, input.dataset.blank)
      if (blank.length) return blank[0].focus()
      await fn(Object.fromEntries(new FormData(form)))
      form.reset()
      for (const shown of form.querySelectorAll('[aria-pressed=true]')) shown.click()
    }, form)
  })
}

// show shows one section. Focus goes to its heading, unless the page has only just been opened.
function show(id, focus = true) {
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== id
  document.body.classList.toggle('wide', id === 'account')
  const heading = $(id).querySelector('h1')
  document.title = `${heading.textContent} · ${title}`
  if (focus) heading.focus()
}

// chosen is the form that the address names: a link between the two forms changes it, and so Back works.
const chosen = () => location.hash === '#sign-in' ? 'sign-in' : 'sign-up'

// door shows one of the forms to a person who has not followed a link to it.
function door(id) {
  history.replaceState(null, '', '#' + id)
  show(id)
}

// enter shows the account of the signed-in user and returns true, or else shows a form.
async function enter(focus) {
  const found = await call('/get-session')
  if (!found) {
    show(chosen(), focus)
    return false
  }
  $('who').textContent = found.user.name
  $('address').textContent = $('change').elements.username.defaultValue = found.user.email
  show('account', focus)
  await list(found.session.id)
  return true
}

const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

// list lists the sessions. What keeps it from doing so is said in its place: the rest of the page still works.
async function list(own) {
  let sessions = []
  try {
    sessions = await call('/list-sessions')
  } catch (e) {
    if (e.status === 401) throw e
    $('sessions-error').textContent = e.message
  }
  $('sessions').replaceChildren(...sessions.map(s => item(s, own)))
}

function item(session, own) {
  const item = $('session').content.cloneNode(true), of = selector => item.querySelector(selector)
  const name = device(session.userAgent), since = when.format(new Date(session.createdAt))
  of('.device').textContent = name
  of('.place').textContent = session.ipAddress ? session.ipAddress + ', ' : ''
  of('time').textContent = since
  of('time').dateTime = session.createdAt
  const button = of('button')
  if (session.id === own) button.remove() // it ends by signing out
  else of('.badge').remove()
  button.querySelector('.spoken').textContent = ` the session on ${name}, signed in ${since}`
  button.onclick = () => act(async () => {
    await call('/revoke-session', { token: session.token })
    await list(own)
    $('status').textContent = `The session on ${name} has ended.`
    $('sessions-title').focus()
  })
  return item
}

// device names the program and system of a User-Agent header.
function device(agent) {
  const find = (...known) => known.find(([part]) => agent?.includes(part))?.[1]
  const browser = find(['Edg', 'Edge'], ['OPR/', 'Opera'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari'])
  const system = find(['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'], ['Linux', 'Linux'])
  if (browser) return system ? `${browser} on ${system}` : browser
  return agent?.slice(0, 40) || 'an unknown device'
}

for (const button of document.querySelectorAll('.secret button')) {
  button.onclick = () => {
    const shown = button.getAttribute('aria-pressed') !== 'true'
    button.setAttribute('aria-pressed', shown)
    button.firstChild.data = shown ? 'Hide' : 'Show'
    button.previousElementSibling.type = shown ? 'text' : 'password'
  }
}

onSubmit($('sign-up').querySelector('form'), async values => {
  await call('/sign-up/email', values)
  if (await enter()) return
  $('in-email').value = values.email // the server begins no session at sign-up
  door('sign-in')
  $('status').textContent = 'Now sign in.'
})

onSubmit($('sign-in').querySelector('form'), async values => {
  const answer = await call('/sign-in/email', values)
  if (answer.twoFactorRedirect) throw new Failure('This account has a second factor, which this page cannot ask for. A page of your own can.')
  if (!await enter()) throw new Failure('The server has signed you in, but the browser did not keep its cookie.')
})

onSubmit($('change'), async ({ currentPassword, newPassword, revokeOtherSessions }) => {
  await call('/change-password', { currentPassword, newPassword, revokeOtherSessions: !!revokeOtherSessions })
  await enter()
  $('change').parentElement.open = false
  $('status').textContent = 'Your password has changed.'
})

$('sign-out').onclick = () => act(async () => {
  await call('/sign-out', {})
  door('sign-in')
  $('status').textContent = 'You are signed out.'
})

addEventListener('hashchange', () => {
  if (!$('account').hidden) return
  const [from, to] = chosen() === 'sign-in' ? ['up-email', 'in-email'] : ['in-email', 'up-email']
  $(to).value ||= $(from).value
  clear()
  show(chosen())
})

$('example').textContent = `import { createAuthClient } from "better-auth/client"

const auth = createAuthClient({
  baseURL: "${location.origin}${base}",
})
const { data } = await auth.getSession()
console.log(data?.user.name)`

act(() => enter(false))

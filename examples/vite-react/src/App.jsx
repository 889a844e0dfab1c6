import { useEffect, useState } from 'react'
import { createAuthClient } from 'better-auth/react'

const auth = createAuthClient({ baseURL: import.meta.env.VITE_API_URL ?? 'http://localhost:8080' })

export default function App() {
  const { data, isPending } = auth.useSession()
  if (isPending) return <p>One moment…</p>
  return (
    <main>
      <h1>Kernia and React</h1>
      {data ? <><Account user={data.user} /><Sessions own={data.session.id} /><Password /></> : <Door />}
    </main>
  )
}

// failure returns what to tell when a call has failed, or nothing.
async function failure(call) {
  try {
    const { error } = await call
    return error ? error.message ?? error.statusText : ''
  } catch {
    return 'The server cannot be reached'
  }
}

// Door is what somebody sees who is signed out.
function Door() {
  const [message, setMessage] = useState('')
  async function submit(event) {
    event.preventDefault()
    const { name, email, password, remember } = Object.fromEntries(new FormData(event.target))
    const rememberMe = remember === 'on'
    setMessage(await failure(event.nativeEvent.submitter.value === 'up'
      ? auth.signUp.email({ name, email, password, rememberMe })
      : auth.signIn.email({ email, password, rememberMe })))
  }
  return (
    <form onSubmit={submit}>
      <label>Name (to sign up) <input name="name" autoComplete="name" /></label>
      <label>E-mail <input name="email" type="email" autoComplete="email" required /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" required /></label>
      <label><input name="remember" type="checkbox" defaultChecked /> Keep me signed in</label>
      <button value="in">Sign in</button>
      <button value="up">Sign up</button>
      <p role="alert">{message}</p>
    </form>
  )
}

// Account is what a user sees.
function Account({ user }) {
  const [message, setMessage] = useState('')
  async function rename(event) {
    event.preventDefault()
    setMessage(await failure(auth.updateUser({ name: new FormData(event.target).get('name') })))
  }
  return (
    <form onSubmit={rename}>
      <p>Signed in as <b>{user.name}</b> ({user.email}) since {user.createdAt.toLocaleDateString('en')}</p>
      <label>Name <input name="name" defaultValue={user.name} required /></label>
      <button>Rename</button>
      <button type="button" onClick={() => auth.signOut()}>Sign out</button>
      <p role="alert">{message}</p>
    </form>
  )
}

// Sessions lists the user's sessions and can end the others.
function Sessions({ own }) {
  const [sessions, setSessions] = useState([])
  const [message, setMessage] = useState('')
  async function load() {
    setMessage(await failure(auth.listSessions().then(answer => {
      if (answer.data) setSessions(answer.data)
      return answer
    })))
  }
  async function end(token) {
    const wrong = await failure(auth.revokeSession({ token }))
    if (wrong) setMessage(wrong)
    else await load()
  }
  useEffect(() => { load() }, [own])
  return (
    <section>
      <h2>Sessions</h2>
      <ul>
        {sessions.map(s => (
          <li key={s.id}>
            {s.userAgent} {s.id === own ? <b>(this one)</b> : <button onClick={() => end(s.token)}>End</button>}
          </li>
        ))}
      </ul>
      <p role="alert">{message}</p>
    </section>
  )
}

// Password changes the password and ends all other sessions.
function Password() {
  const [message, setMessage] = useState('')
  async function change(event) {
    event.preventDefault()
    const form = event.target
    const wrong = await failure(auth.changePassword({ ...Object.fromEntries(new FormData(form)), revokeOtherSessions: true }))
    if (!wrong) form.reset()
    setMessage(wrong || 'The password has changed')
  }
  return (
    <form onSubmit={change}>
      <h2>Password</h2>
      <label>Current password <input name="currentPassword" type="password" autoComplete="current-password" required /></label>
      <label>New password <input name="newPassword" type="password" autoComplete="new-password" required /></label>
      <button>Change</button>
      <p role="alert">{message}</p>
    </form>
  )
}

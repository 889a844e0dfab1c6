// A session that is no longer fresh: the server's freshAge is one second.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { enter, given, good, join, keep, refused } from './kit.mjs'

await keep('WantsAFreshSession', async () => {
  const { client, ...who } = await join(given.url)
  await pause(1100)
  await refused(client.listSessions(), 403, 'SESSION_NOT_FRESH', 'Session is not fresh')
  assert.deepEqual(await good(client.updateUser({ name: 'Still signed in' })), { status: true })
  const again = await enter(given.url, who)
  assert.equal((await good(again.client.listSessions())).length, 2)
})

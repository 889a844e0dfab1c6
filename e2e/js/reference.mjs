// The JavaScript server, on a SQLite file. It makes its tables itself where told to, and ends with its input.
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import Database from 'better-sqlite3'

const { url, port, file, secret, origin, migrate } = JSON.parse(process.argv[2])

const options = {
  baseURL: url,
  secret,
  database: new Database(file),
  trustedOrigins: [origin],
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
}
if (migrate) await (await getMigrations(options)).runMigrations()
createServer(toNodeHandler(betterAuth(options))).listen(port, '127.0.0.1')
process.stdin.on('end', () => process.exit()).resume()

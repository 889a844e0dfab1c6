// The JavaScript server, on a SQLite file, Postgres or MongoDB. It makes its tables itself where told to, and ends with its
// input.
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { username } from 'better-auth/plugins'
import { mongodbAdapter } from 'better-auth/adapters/mongodb'
import Database from 'better-sqlite3'
import { MongoClient } from 'mongodb'
import pg from 'pg'

const { url, port, file, postgres, mongo, secret, origin, migrate } = JSON.parse(process.argv[2])

function database() {
  if (postgres) { // pg reads no search_path from a URL
    const schema = new URL(postgres).searchParams.get('search_path')
    return new pg.Pool({ connectionString: postgres, options: `-c search_path=${schema}` })
  }
  if (mongo) return mongodbAdapter(new MongoClient(mongo).db(), { transaction: false })
  return new Database(file)
}

const options = {
  baseURL: url,
  secret,
  database: database(),
  trustedOrigins: [origin],
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  plugins: [username()],
}
if (migrate && !mongo) await (await getMigrations(options)).runMigrations()
createServer(toNodeHandler(betterAuth(options))).listen(port, '127.0.0.1')
process.stdin.on('end', () => process.exit()).resume()

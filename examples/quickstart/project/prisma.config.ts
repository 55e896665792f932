import 'dotenv/config'
import { defineConfig } from 'prisma/config'

// Prisma 7 reads the target from here, and only from here. The variable is set by `cargo prisma-safe`
// for the environment that was named on the command line.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL },
})

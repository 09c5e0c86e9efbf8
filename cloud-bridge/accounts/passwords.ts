import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

// OWASP's recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB = 19_456
const PASSES = 2

const hash = (password: string, salt: Buffer): Promise<Buffer> =>
  derive('argon2id', {
    message: password.normalize('NFKC'),
    nonce: salt,
    parallelism: 1,
    tagLength: 32,
    memory: MEMORY_KIB,
    passes: PASSES,
  })

/** The hash in the usual PHC spelling, so that its parameters can change later without locking anyone out. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const digest = await hash(password, salt)
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(salt)}$${base64(digest)}`
}

/** Whether this is the password. Takes the same time for a stored hash that nobody has. */
export async function checkPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [salt = '', digest = ''] = (stored ?? NOBODY).split('$').slice(-2)
  const expected = Buffer.from(digest, 'base64')
  const actual = await hash(password, Buffer.from(salt, 'base64'))
  return expected.length === actual.length && timingSafeEqual(expected, actual) && stored !== undefined
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

// Checked for a user name that does not exist, so that the time taken does not tell who does.
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${base64(Buffer.alloc(16))}$${base64(Buffer.alloc(32))}`

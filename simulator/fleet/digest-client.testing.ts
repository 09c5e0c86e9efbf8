import { createHash, randomBytes } from 'node:crypto'

/** Answers the first challenge, which is MD5, as RFC 7616 says; the tests' own arithmetic, apart from the simulator's. */
export function digestAuthorization(
  challenge: string,
  method: string,
  uri: string,
  user: string,
  password: string,
): string {
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const [realm, nonce, cnonce] = [field('realm'), field('nonce'), randomBytes(8).toString('hex')]
  const response = md5(
    [md5(`${user}:${realm}:${password}`), nonce, '00000001', cnonce, 'auth', md5(`${method}:${uri}`)].join(':'),
  )
  return (
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", qop=auth, nc=00000001, ` +
    `cnonce="${cnonce}", response="${response}"`
  )
}

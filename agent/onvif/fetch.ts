import { randomBytes } from 'node:crypto'
import { answerDigest, parseChallenges } from '../base/digest.ts'
import { type ErrorFacts, LenscapError } from '../base/errors.ts'
import type { Credential } from '../base/secret.ts'
import type { RawReply } from './carry.ts'

/** The name under which files are fetched. */
export const FETCH = 'a file'

/** A GET, with the answer to a Digest challenge where one was asked for; never twice. Never Basic. */
export async function fetchSigned(
  get: (authorization?: string) => Promise<RawReply>,
  path: string,
  credential: Credential | undefined,
): Promise<RawReply> {
  const reply = await get()
  if (reply.status !== 401 || !credential) return reply
  const { digests } = parseChallenges(reply.challenges)
  const challenge = digests.find(({ hash }) => hash === 'sha256') ?? digests[0]
  if (!challenge) return reply
  const cnonce = randomBytes(12).toString('hex')
  return await get(answerDigest(challenge, credential, { method: 'GET', uri: path, count: 1, cnonce }))
}

/** What was fetched. @throws LenscapError `refused` or `unsupported` */
export function fileIn({ status, bytes }: RawReply, facts: ErrorFacts): Buffer {
  if (status === 200) return bytes
  const isRefusal = status === 401 || status === 403
  throw new LenscapError(isRefusal ? 'refused' : 'unsupported', 'The device does not give the file that it named', {
    ...facts,
    status,
    ...(isRefusal && { reason: 'operation' }),
  })
}

/** What a device says again and again, but for the times and names in it. */
const TEXTS = />[^<>&"']*</g

/** Comments, CDATA and instructions may hold what looks like tags; the declaration at the front holds none. */
const STRANGE = /<!|<\?(?!xml[ \t\r\n])/

/** Longer replies are parsed each time. */
const LENGTH_MAX = 4_096

/**
 * Knows a reply that was parsed before, when it comes again with the same tags in the same order and other texts between them:
 * then it is the same tree, whatever the parser makes of those tags. For replies whose texts nobody needs.
 */
export class RepeatedReply {
  #tags: string | undefined

  /** Whether it is like the one that was remembered. */
  isLike(text: string): boolean {
    return this.#tags !== undefined && text.length <= LENGTH_MAX && tagsOf(text) === this.#tags
  }

  /** The next one may be like this one, which was parsed. */
  remember(text: string): void {
    this.#tags = text.length <= LENGTH_MAX && !STRANGE.test(text) ? tagsOf(text) : undefined
  }
}

/** What is left without the texts. No quote is among them, so that none of them can end what another has open. */
const tagsOf = (text: string) => text.replace(TEXTS, '><')

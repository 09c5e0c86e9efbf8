import type { HeldKey } from './keys.ts'
import type { Item, Piece } from './reader.ts'
import type { OpenedHead, Refusal } from './sealed-item.ts'

/** What the vault's worker may be asked: each name with what goes in and what comes out. Types only. */
export interface Asks {
  /** Takes up the account's keys that this browser keeps. */
  readonly wake: { readonly in: { readonly account: string }; readonly out: readonly HeldKey[] }
  /** A new identity; nothing of it is kept. */
  readonly make: { readonly in: object; readonly out: { readonly identity: string; readonly recipient: string } }
  /** Whose public key an identity has, and whether it opens this item. */
  readonly test: {
    readonly in: { readonly identity: string; readonly item: string | undefined }
    readonly out: { readonly recipient: string; readonly opens: boolean }
  }
  readonly add: {
    readonly in: { readonly identity: string; readonly keep: boolean }
    readonly out: readonly HeldKey[]
  }
  readonly forget: { readonly in: { readonly recipient: string }; readonly out: readonly HeldKey[] }
  readonly look: { readonly in: { readonly item: string }; readonly out: Item }
  readonly read: {
    readonly in: { readonly item: string; readonly start: number; readonly end: number | undefined }
    readonly out: Piece
  }
  /** Any sealed head, such as that of a live stream: what opens what follows. */
  readonly head: { readonly in: { readonly head: Uint8Array<ArrayBuffer> }; readonly out: OpenedHead }
}

export type AskName = keyof Asks

/** A question as it is posted, with the port on which the answer comes. */
export type Ask = { readonly [Name in AskName]: { readonly ask: Name } & Asks[Name]['in'] }[AskName]

/** `why` is `failed` for what nobody foresaw, `nowhere` for a place that the item does not have. */
export type Answer<T> =
  | { readonly value: T }
  | { readonly why: Refusal | 'failed' | 'nowhere'; readonly message: string }

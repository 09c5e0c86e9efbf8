/** What the client did wrong, as an answer. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

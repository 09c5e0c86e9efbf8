/** A refusal as tus-node-server sends it: the status, and words for the box's log. */
export class Refusal extends Error {
  readonly status_code: number
  readonly body: string

  constructor(status: number, message: string) {
    super(message)
    this.status_code = status
    this.body = `${message}\n`
  }
}

export const notAllowed = (kind: string) => new Refusal(403, `The owner does not allow ${kind}s of this camera`)
export const privateOnly = () =>
  new Refusal(400, 'The owner alone may read: encrypt for the keys of the newest grant, or update the box')
export const unknownUpload = () => new Refusal(404, 'There is no such upload')

/** The part of pino that rooms use. Messages are for operators; secrets are never passed. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** For tests and for tools whose output is their answer. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Where the program writes. */
export interface Terminal {
  write(text: string): void
  writeError(text: string): void
}

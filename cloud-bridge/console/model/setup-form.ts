/** What the person who sets up types; everything as typed. */
export type SetupFields = {
  readonly name: string
  readonly email: string
  readonly username: string
  readonly password: string
}

export const PASSWORD_LENGTH_MIN = 12

/** What is wrong with each field, as advice; no entry for a field that is fine. The bridge checks again. */
export function checkSetup(fields: SetupFields): Partial<Record<keyof SetupFields, string>> {
  return {
    ...(fields.name.trim() === '' && { name: 'Enter your name.' }),
    ...(!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(fields.email.trim()) && {
      email: 'Enter an address such as you@example.com.',
    }),
    ...(!/^[a-z0-9][a-z0-9._-]{1,62}$/.test(fields.username.trim()) && {
      username: 'Use 2 to 63 lower-case letters, digits, dots, dashes or underscores.',
    }),
    ...(fields.password.length < PASSWORD_LENGTH_MIN && {
      password: `Use at least ${PASSWORD_LENGTH_MIN} characters; a few words are easy to keep in mind.`,
    }),
  }
}

import { child, escapeXml, type XmlElement } from '../discovery/xml.ts'
import type { CameraFacts, Operations } from './facts.ts'
import { invalidArgument, prohibited, SoapFault, type SoapRequest } from './soap.ts'
import { USER_LEVELS, USERS_MAX, type User, type UserLevel } from './users.ts'

const NAME_CHARACTERS_MAX = 32
const PASSWORD_CHARACTERS_MAX = 64

/** The device service's users (ONVIF Core 8.4): who is made here may in, who is deleted may not. */
export function userOperations(facts: CameraFacts): Operations {
  const { users } = facts.settings
  const changing = (operation: string, change: (users: Map<string, User>, request: SoapRequest) => void) => {
    return (request: SoapRequest) => {
      const next = new Map(users.list())
      change(next, request)
      users.replaceBy(next)
      return `<tds:${operation}Response/>`
    }
  }
  return {
    GetUsers: () => `<tds:GetUsersResponse>${users.list().map(written).join('')}</tds:GetUsersResponse>`,
    CreateUsers: changing('CreateUsers', create),
    DeleteUsers: changing('DeleteUsers', remove),
    SetUser: changing('SetUser', set),
  }
}

function written([name, { level }]: readonly [string, User]): string {
  return `<tds:User><tt:Username>${escapeXml(name)}</tt:Username><tt:UserLevel>${level}</tt:UserLevel></tds:User>`
}

function create(users: Map<string, User>, request: SoapRequest): void {
  for (const given of usersIn(request)) {
    const { name, password, level } = read(given)
    if (users.has(name)) throw prohibited('ter:UsernameClash', `There is a user "${name}"`)
    if (password === undefined) throw invalidArgument('ter:Password', 'A new user needs a password')
    if (users.size >= USERS_MAX)
      throw new SoapFault('Receiver', ['ter:Action', 'ter:TooManyUsers'], `No more than ${USERS_MAX} users can be kept`)
    users.set(name, { password, level })
  }
}

function remove(users: Map<string, User>, request: SoapRequest): void {
  const names = request.body.children.filter(({ local }) => local === 'Username').map(({ text }) => text)
  if (names.length === 0) throw new SoapFault('Sender', ['ter:InvalidArgs'], 'DeleteUsers needs a Username')
  for (const name of names)
    if (!users.delete(name)) throw invalidArgument('ter:UsernameMissing', `There is no user "${name}"`)
  refuseWithoutAdministrator(users)
}

function set(users: Map<string, User>, request: SoapRequest): void {
  for (const given of usersIn(request)) {
    const { name, password, level } = read(given)
    const known = users.get(name)
    if (!known) throw invalidArgument('ter:UsernameMissing', `There is no user "${name}"`)
    users.set(name, { password: password ?? known.password, level })
  }
  refuseWithoutAdministrator(users)
}

/** A camera that nobody may manage would be lost. */
function refuseWithoutAdministrator(users: ReadonlyMap<string, User>): void {
  if (![...users.values()].some(({ level }) => level === 'Administrator'))
    throw prohibited('ter:FixedUser', 'The last administrator stays')
}

function usersIn(request: SoapRequest): XmlElement[] {
  const given = request.body.children.filter(({ local }) => local === 'User')
  if (given.length === 0) throw new SoapFault('Sender', ['ter:InvalidArgs'], `${request.operation} needs a User`)
  return given
}

function read(given: XmlElement): { name: string; password: string | undefined; level: UserLevel } {
  const name = child(given, 'Username')?.text ?? ''
  const password = child(given, 'Password')?.text
  const level = child(given, 'UserLevel')?.text
  if (name === '' || name.length > NAME_CHARACTERS_MAX)
    throw prohibited('ter:UsernameTooLong', `A user name has 1 to ${NAME_CHARACTERS_MAX} characters`)
  if (password !== undefined && password.length > PASSWORD_CHARACTERS_MAX)
    throw prohibited('ter:PasswordTooLong', `A password has at most ${PASSWORD_CHARACTERS_MAX} characters`)
  if (password === '') throw prohibited('ter:PasswordTooWeak', 'A password has at least one character')
  if (level === 'Anonymous') throw prohibited('ter:AnonymousNotAllowed', 'Nobody is made anonymous')
  const known = USER_LEVELS.find((one) => one === level)
  if (!known) throw invalidArgument('ter:UserLevel', `The user level is one of ${USER_LEVELS.join(', ')}`)
  return { name, password, level: known }
}

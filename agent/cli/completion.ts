import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Word {
  /** The commands that lead here: `config show`. */
  readonly path: readonly string[]
  readonly name: string
  readonly description: string
  /** What follows it, where anything does: not to be taken for a command. */
  readonly value: 'none' | 'file' | 'other'
}

/** Options whose value is a file or a folder. */
const isFile = (long: string) => /(file|config|answers|dir)$/.test(long)

/** Commander's tree as a flat list: subcommands, what may stand in their place, and long options of each. */
function wordsOf(command: Command, path: readonly string[] = []): Word[] {
  const options = command.options.flatMap(({ long, description, required }): Word[] => {
    const value = required ? (isFile(long ?? '') ? 'file' : 'other') : 'none'
    return long ? [{ path, name: long, description, value }] : []
  })
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((name): Word => ({ path, name, description, value: 'none' })),
  )
  const below = command.commands.flatMap((each): Word[] => [
    { path, name: each.name(), description: each.description(), value: 'none' },
    ...wordsOf(each, [...path, each.name()]),
  ])
  return [...below, ...choices, ...options, { path, name: '--help', description: 'what this does', value: 'none' }]
}

/** A script that completes this program's commands and options. */
export function completionFor(shell: Shell, program: Command): string {
  const words = wordsOf(program)
  if (shell === 'bash') return bash(program.name(), words)
  return shell === 'zsh' ? zsh(program.name(), words) : fish(program.name(), words)
}

const functionOf = (program: string) => `_${program.replaceAll('-', '_')}`

function byPath(words: readonly Word[]): Map<string, Word[]> {
  return Map.groupBy(words, ({ path }) => path.join(' '))
}

const namesOf = (words: readonly Word[], value: Word['value']) =>
  [...new Set(words.filter((each) => each.value === value).map(({ name }) => name))].join(' | ')

/** The commands said so far: words that are neither options nor the values after them count where they are commands. */
const fold = (words: readonly Word[], variable: string) => {
  const known = [...byPath(words).keys()].map((path) => `${path},`).join(' ')
  return `  for word in "\${said[@]}"; do
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$word" in ${namesOf(words, 'file')} | ${namesOf(words, 'other')}) skip=1; continue ;; esac
    case " ${known} " in *" \${${variable}:+$${variable} }$word,"*) ${variable}="\${${variable}:+$${variable} }$word" ;; esac
  done`
}

function bash(program: string, words: readonly Word[]): string {
  const cases = [...byPath(words)].map(([path, each]) => {
    return `    '${path}') names='${each.map(({ name }) => name).join(' ')}' ;;`
  })
  return `# bash completion: ${program} completion bash > /etc/bash_completion.d/${program}
${functionOf(program)}() {
  local path='' names='' word skip='' said=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
${fold(words, 'path')}
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    ${namesOf(words, 'file')}) COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); return ;;
    ${namesOf(words, 'other')}) return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$names" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -F ${functionOf(program)} ${program}
`
}

function zsh(program: string, words: readonly Word[]): string {
  // A colon parts the word from what it does.
  const quoted = ({ name, description }: Word) =>
    `'${`${name.replaceAll(':', '\\:')}:${description}`.replaceAll("'", "'\\''")}'`
  const cases = [...byPath(words)].map(([path, each]) => `    '${path}') names=(${each.map(quoted).join(' ')}) ;;`)
  return `#compdef ${program}
# zsh completion: ${program} completion zsh > "\${fpath[1]}/_${program}"
${functionOf(program)}() {
  local said_path='' word skip=''
  local -a names said=("\${(@)words[2,CURRENT-1]}")
${fold(words, 'said_path')}
  case "\${words[CURRENT-1]}" in
    ${namesOf(words, 'file')}) _files; return ;;
    ${namesOf(words, 'other')}) return ;;
  esac
  case "$said_path" in
${cases.join('\n')}
  esac
  _describe '${program}' names
}
if [[ "$funcstack[1]" == _${program} ]]; then ${functionOf(program)} "$@"; else compdef ${functionOf(program)} ${program}; fi
`
}

function fish(program: string, words: readonly Word[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const groups = byPath(words)
  const lines = words.map(({ path, name, description, value }) => {
    // A level is reached when all its words were said, and none of those below it.
    const said = path.map((word) => `__fish_seen_subcommand_from ${word}`)
    const below = (groups.get(path.join(' ')) ?? []).map((each) => each.name).filter((each) => !each.startsWith('--'))
    const notBelow = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : []
    const when = quote([...said, ...notBelow].join('; and '))
    const follows = { none: '', file: ' -r -F', other: ' -x' }[value]
    const what = name.startsWith('--') ? `-l ${name.slice(2)}${follows}` : `-a ${name}`
    return `complete -c ${program} -n ${when} ${what} -d ${quote(description)}`
  })
  return `# fish completion: ${program} completion fish > ~/.config/fish/completions/${program}.fish\ncomplete -c ${program} -f\n${lines.join('\n')}\n`
}

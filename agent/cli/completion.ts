import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

interface Word {
  /** The commands that lead here: `config show`. */
  readonly path: readonly string[]
  readonly name: string
  readonly description: string
}

/** Commander's tree as a flat list: subcommands and long options of each. */
function wordsOf(command: Command, path: readonly string[] = []): Word[] {
  const options = command.options.flatMap(({ long, description }) => (long ? [{ path, name: long, description }] : []))
  const below = command.commands.flatMap((each) => [
    { path, name: each.name(), description: each.description() },
    ...wordsOf(each, [...path, each.name()]),
  ])
  return [...below, ...options, { path, name: '--help', description: 'what this does' }]
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

/** The commands said so far: words that are neither options nor the values after them count where they are commands. */
const FOLD = (known: string) => `  for word in "\${said[@]}"; do
    case " ${known} " in *" \${path:+$path }$word,"*) path="\${path:+$path }$word" ;; esac
  done`

function bash(program: string, words: readonly Word[]): string {
  const groups = [...byPath(words)]
  const known = groups.map(([path]) => `${path},`).join(' ')
  const cases = groups.map(([path, each]) => `    '${path}') names='${each.map(({ name }) => name).join(' ')}' ;;`)
  return `# bash completion: ${program} completion bash > /etc/bash_completion.d/${program}
${functionOf(program)}() {
  local path='' names='' word said=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${FOLD(known)}
  case "\${COMP_WORDS[COMP_CWORD-1]}" in --*file | --config | --answers) COMPREPLY=(); return ;; esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$names" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F ${functionOf(program)} ${program}
`
}

function zsh(program: string, words: readonly Word[]): string {
  const groups = [...byPath(words)]
  const known = groups.map(([path]) => `${path},`).join(' ')
  const quoted = ({ name, description }: Word) => `'${`${name}:${description}`.replaceAll("'", "'\\''")}'`
  const cases = groups.map(([path, each]) => `    '${path}') names=(${each.map(quoted).join(' ')}) ;;`)
  return `#compdef ${program}
# zsh completion: ${program} completion zsh > "\${fpath[1]}/_${program}"
${functionOf(program)}() {
  local path_said='' word
  local -a names said=("\${(@)words[2,CURRENT-1]}")
${FOLD(known).replaceAll('$path', '$path_said').replaceAll('path=', 'path_said=').replaceAll('${path', '${path_said')}
  case "$path_said" in
${cases.join('\n')}
  esac
  if [[ "\${words[CURRENT-1]}" == --(*file|config|answers) ]]; then _files; else _describe '${program}' names; fi
}
${functionOf(program)} "$@"
`
}

function fish(program: string, words: readonly Word[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const groups = byPath(words)
  const lines = words.map(({ path, name, description }) => {
    // A level is reached when all its words were said, and none of those below it.
    const said = path.map((word) => `__fish_seen_subcommand_from ${word}`)
    const below = (groups.get(path.join(' ')) ?? []).map((each) => each.name).filter((each) => !each.startsWith('--'))
    const notBelow = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : []
    const when = quote([...said, ...notBelow].join('; and '))
    const what = name.startsWith('--') ? `-l ${name.slice(2)}` : `-f -a ${name}`
    return `complete -c ${program} -n ${when} ${what} -d ${quote(description)}`
  })
  return `# fish completion: ${program} completion fish > ~/.config/fish/completions/${program}.fish\n${lines.join('\n')}\n`
}

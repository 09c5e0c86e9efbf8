import type { Command } from 'commander'
import { FAULT_GROUPS } from '../faults/fault.ts'
import { PROFILE_NAMES } from '../profiles/catalogue.ts'

/**
 * A shell's script that completes commands, options, profiles and faults:
 * `source <(lenscap-simulator completion)`, in zsh after `autoload -U bashcompinit; bashcompinit`.
 */
export function completionScript(root: Command): string {
  const commands = root.commands.map((command) => command.name())
  const options = root.commands.map((command) => {
    const words = command.options.map(({ long }) => long).join(' ')
    return `    ${command.name()}) words='${words} --help' ;;`
  })
  const faults = Object.values(FAULT_GROUPS).flatMap((group) => Object.keys(group))
  return `# Completion for ${root.name()}, for bash and zsh.
_lenscap_simulator() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  case \${COMP_WORDS[1]} in
${options.join('\n')}
  esac
  [ "$COMP_CWORD" = 1 ] && words='${commands.join(' ')}'
  case $before in
    --profile) words='${PROFILE_NAMES.join(' ')}' ;;
    --fault) words='${faults.join(' ')}' ;;
    --profile-file|--password-file|--scenario|--record|--video) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _lenscap_simulator ${root.name()}
`
}

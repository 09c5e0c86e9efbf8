/** A block between fences: the words behind the first one (`sh run`), and its text. */
export interface Block {
  readonly kind: string
  readonly text: string
  /** Of its first line, counted from 1. */
  readonly line: number
}

const FENCED = /^```(.*)\n([\s\S]*?)^```$/gm

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(FENCED)].map(({ 1: kind = '', 2: text = '', index }) => {
    return { kind: kind.trim(), text, line: markdown.slice(0, index).split('\n').length + 1 }
  })
}

/** What stands between backquotes in the text, whole however its lines were broken. */
export function spansOf(markdown: string): string[] {
  const text = markdown.replace(FENCED, '')
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replace(/\s+/g, ' ').replaceAll('\\|', '|'))
}

/** A block's commands: lines that go on are joined, comments and empty lines are left out. */
export function commandsOf(text: string): { readonly command: string; readonly comment: string }[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, command = '', comment = ''] = /^(.*?)(?:(?:^|\s+)# ?(.*))?$/.exec(line) ?? []
      return { command: command.trim(), comment }
    })
    .filter(({ command }) => command !== '')
}

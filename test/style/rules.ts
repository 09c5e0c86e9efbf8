import ts from 'typescript'

/** What the house style asks of every file: the limits can be lowered, never raised (a ratchet). */
export const LIMITS = { fileLines: 300, functionLines: 60, typicalFunctionLines: 40, longFunctionShare: 0.04 } as const

export interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: string
}

export interface FunctionLength {
  readonly file: string
  readonly line: number
  readonly lines: number
}

/** Rules that hold for a line of any text file, product or prose. */
const EVERYWHERE: readonly [rule: string, pattern: RegExp][] = [
  ['no open ends: mend it, or open an issue', /\b(TODO|FIXME|XXX|HACK)\b/],
  ['no host of a package registry', /registry\.(npmjs|yarnpkg)\.(org|com)|deb\.debian\.org/],
  ['no path of one machine', /(^|[\s"'`(=])\/(work|root|home)\/[a-z]/],
  ['no trailing white space', /[ \t]+$/],
]

/** Rules for the product's own code; `where` says which files they spare. */
const IN_CODE: readonly [rule: string, pattern: RegExp, where: RegExp][] = [
  ['topics are spelled in agent/protocol/topics.ts alone', /['"`]lenscap\/v1/, /^agent\/protocol\/topics\.ts$/],
  [
    'time is an argument (base/clock)',
    /\bDate\.now\(/,
    /^(agent\/base\/clock\.ts|.*\/cli\/|cloud-bridge\/console\/|simulator\/|test\/)/,
  ],
  ['chance is an argument', /\bMath\.random\(/, /\/cli\/|^test\/|^simulator\/fleet\//],
  ['only a program ends the process', /\bprocess\.exit\(/, /\/cli\/|^test\/|^firmware-hooks\/artefacts\//],
  ['no type check is switched off', /@ts-(ignore|nocheck|expect-error)/, /^$/],
  ['no test is skipped or alone', /\b(it|test|describe)\.(skip|only|todo)\b|\b(skip|todo): ?(true|['"`])/, /^$/],
]

/** Checks one file's lines. */
export function checkLines(file: string, text: string): Finding[] {
  const rules: (readonly [string, RegExp])[] = EVERYWHERE.map(([rule, pattern]) => [rule, pattern])
  const isCode = /\.tsx?$/.test(file)
  const isTest = /\.test\.ts$/.test(file)
  if (isCode && file !== 'test/style/rules.ts') {
    for (const [rule, pattern, spared] of IN_CODE) {
      const ofTests = rule.startsWith('no t')
      if (!spared.test(file) && (!isTest || ofTests)) rules.push([rule, pattern])
    }
  }
  const own = file === 'test/style/rules.ts'
  return text
    .split('\n')
    .flatMap((line, index) =>
      own ? [] : rules.filter(([, p]) => p.test(line)).map(([rule]) => ({ file, line: index + 1, rule })),
    )
}

/** Checks what only a parser can see: the file's size, module-level `let`, and how long each function is. */
export function checkShape(file: string, text: string): { findings: Finding[]; functions: FunctionLength[] } {
  const findings: Finding[] = []
  const functions: FunctionLength[] = []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1
  const lines = lineOf(source.end)
  if (lines > LIMITS.fileLines)
    findings.push({ file, line: 1, rule: `${lines} lines: more than one can hold in one's head` })
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement) && statement.declarationList.flags & ts.NodeFlags.Let) {
      findings.push({
        file,
        line: lineOf(statement.getStart()),
        rule: 'no module-level let: state belongs to somebody',
      })
    }
  }
  // A test's body is a story, and `describe` merely holds stories: their length says nothing.
  if (!/\.test\.ts$|^test\//.test(file)) visit(source)
  return { findings, functions }

  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const length = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1
      functions.push({ file, line: lineOf(node.getStart()), lines: length })
      if (length > LIMITS.functionLines) {
        findings.push({ file, line: lineOf(node.getStart()), rule: `a function of ${length} lines: divide it` })
      }
    }
    ts.forEachChild(node, visit)
  }
}

/** Relative links of a Markdown text that lead nowhere. */
export function checkLinks(file: string, text: string, exists: (path: string) => boolean): Finding[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)#\s]+)[^)]*\)|src="([^"]+)"/g)]
      .map((match) => match[1] ?? match[2] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target) && !exists(target))
      .map((target) => ({ file, line: index + 1, rule: `the link to ${target} leads nowhere` })),
  )
}

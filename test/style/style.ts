import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { checkLines, checkLinks, checkShape, type Finding, LIMITS } from './rules.ts'

const root = join(import.meta.dirname, '../..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.(tsx?|cjs|md|css|html|ya?ml|sh|json)$|^(Makefile|\.ci\/run|\.npmrc)$/.test(file))
  .filter((file) => file !== 'package-lock.json' && file !== 'LICENSE' && existsSync(join(root, file)))

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const code = files.filter((file) => /\.tsx?$/.test(file))
const show = (findings: readonly Finding[]) => findings.map((f) => `${f.file}:${f.line} ${f.rule}`).join('\n')

describe('house style', () => {
  it('holds in every line', () => {
    assert.equal(show(files.flatMap((file) => checkLines(file, read(file)))), '')
  })

  it('keeps files and functions short enough to hold in the head', () => {
    const shapes = code.map((file) => checkShape(file, read(file)))
    assert.equal(show(shapes.flatMap((shape) => shape.findings)), '')
    const functions = shapes.flatMap((shape) => shape.functions)
    const long = functions.filter((f) => f.lines > LIMITS.typicalFunctionLines)
    assert.ok(
      long.length <= functions.length * LIMITS.longFunctionShare,
      `${long.length} of ${functions.length} functions are over ${LIMITS.typicalFunctionLines} lines`,
    )
  })

  it('gives every room a README', () => {
    const rooms = new Set(
      code
        .filter((file) => /^(agent|cloud-bridge|firmware-hooks|simulator)\/[^/]+\//.test(file))
        .map((file) => file.split('/').slice(0, 2).join('/')),
    )
    assert.deepEqual(
      [...rooms].filter((room) => !existsSync(join(root, room, 'README.md'))),
      [],
    )
  })

  it('has no dead links', () => {
    const findings = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) => checkLinks(file, read(file), (target) => existsSync(join(root, dirname(file), target))))
    assert.equal(show(findings), '')
  })

  it('marks what people run as executable', () => {
    const programs = ['.ci/run'].filter((file) => existsSync(join(root, file)))
    assert.deepEqual(
      programs.filter((file) => (statSync(join(root, file)).mode & 0o111) === 0),
      [],
    )
  })
})

describe('the style rules themselves', () => {
  it('see what they are meant to see', () => {
    const rules = (file: string, text: string) => checkLines(file, text).map((finding) => finding.rule)
    assert.equal(rules('agent/events/a.ts', '// TO' + 'DO later').length, 1)
    assert.equal(rules('agent/events/a.ts', "const t = 'lenscap" + "/v1/x'").length, 1)
    assert.equal(rules('agent/events/a.test.ts', 'it.sk' + "ip('x', () => {})").length, 1)
    assert.equal(rules('agent/events/a.ts', 'Date.no' + 'w()').length, 1)
    assert.equal(rules('agent/cli/a.ts', 'Date.no' + 'w()').length, 0)
    assert.equal(checkShape('a.ts', 'let state = 1\n').findings.length, 1)
    assert.equal(checkShape('a.ts', `function f() {\n${'  g()\n'.repeat(70)}}\n`).findings.length, 1)
    assert.equal(checkLinks('a.md', '[x](missing.md)', () => false).length, 1)
  })
})

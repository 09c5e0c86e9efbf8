import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/** What a module can be asked for by name, without reading any of it: some exports are getters that load more of Node. */
function namesOf(module: object): string[] {
  return Object.keys(module).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
}

/**
 * Has a bundle ask Node for its modules by `getBuiltinModule`. Behind an `import`, Node reads every export of the module
 * at once, and some are getters that load what nobody asked for: `import 'node:http'` brings the whole of `fetch` and
 * `WebSocket`, 11 MB of an idle program. Only the names that the bundle uses are read: esbuild leaves the others out,
 * where it would make a getter for every export of the module in every file that imports it.
 */
export const leanBuiltins: Plugin = {
  name: 'lean-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      if (kind === 'require-resolve' || !isBuiltin(path)) return undefined
      const namespace = kind === 'require-call' ? 'required-builtin' : 'imported-builtin'
      return { path, namespace, sideEffects: false }
    })
    onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
      loader: 'js',
    }))
    onLoad({ filter: /.*/, namespace: 'imported-builtin' }, ({ path }) => ({
      contents: moduleOf(path),
      loader: 'js',
    }))
  },
}

function moduleOf(path: string): string {
  const module: object = process.getBuiltinModule(path) ?? {}
  const exported = namesOf(module).map((name, at) => [
    `const named${at} = /* @__PURE__ */ (() => whole.${name})()`,
    `export { named${at} as ${name} }`,
  ])
  const whole = `const whole = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)})`
  return [whole, ...exported.flat(), 'export default whole'].join('\n')
}

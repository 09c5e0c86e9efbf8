import type { Plugin } from 'esbuild'

/**
 * What stands in for packages that others load at their start. `onvif` parses by xml2js what it receives, but receives
 * nothing here (`agent/onvif`); MQTT.js asks for worker-timers in browsers only; readable-stream is a copy of Node's streams.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  xml2js: 'exports.parseString = absent; exports.processors = { stripPrefix: absent }',
  'readable-stream': "module.exports = process.getBuiltinModule('stream')",
  'worker-timers': 'exports.setInterval = absent; exports.clearInterval = absent',
}

/** Has a bundle carry stand-ins for packages that it would load for nothing; a call of what is absent throws, and says so. */
export const leanPackages: Plugin = {
  name: 'lean-packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(STAND_INS).join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'stand-in',
    }))
    onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path }) => ({
      contents: `const absent = () => { throw new Error('${path} is not part of this program') }\n${STAND_INS[path]}`,
      loader: 'js',
    }))
  },
}

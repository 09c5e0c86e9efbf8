// The rules between rooms: one way, no loops. A room may use the rooms named before it in its list, never those behind.
const agentRooms = [
  'base',
  'protocol',
  'config',
  'credentials',
  'consent',
  'onvif',
  'discovery',
  'inventory',
  'events',
  'health',
  'host',
  'logs',
  'rtsp',
  'media',
  'spool',
  'transport',
  'egress',
  'homeassistant',
  'metrics',
  'commands',
  'hooks',
  'cli',
]
const bridgeRooms = [
  'config',
  'store',
  'media-store',
  'accounts',
  'devices',
  'consent',
  'ingest',
  'broker',
  'uploads',
  'live',
  'holdings',
  'erasure',
  'web',
  'cli',
]
const simulatorRooms = [
  'imaging',
  'faults',
  'profiles',
  'journal',
  'discovery',
  'onvif',
  'rtsp',
  'fleet',
  'scenario',
  'control',
  'cli',
]

/** For each room: it may not reach a room that stands behind it in the list. */
const oneWay = (house, rooms) =>
  rooms.slice(0, -1).map((room, i) => ({
    name: `${house}-${room}-knows-only-what-is-before-it`,
    severity: 'error',
    from: { path: `^${house}/${room}/` },
    to: { path: rooms.slice(i + 1).map((behind) => `^${house}/${behind}/`) },
  }))

/** A package that only one place may use, so that what it can do happens in that place alone. */
const onlyIn = (pkg, ...places) => ({
  name: `only-${places.join('-or-').replaceAll('/', '-')}-uses-${pkg}`,
  severity: 'error',
  from: {
    path: '^(agent|cloud-bridge|firmware-hooks|simulator)/',
    pathNot: [...places.map((p) => `^${p}/`), '\\.test\\.ts$'],
  },
  to: { path: `^node_modules/${pkg}/` },
})

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages-in-the-product',
      severity: 'error',
      from: {
        path: '^(agent|cloud-bridge|firmware-hooks|simulator)/',
        pathNot: ['\\.test\\.ts$', '^cloud-bridge/console/', '^firmware-hooks/artefacts/'],
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-does-not-know-its-tests',
      severity: 'error',
      from: { path: '^(agent|cloud-bridge|firmware-hooks|simulator)/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^test/', '\\.test\\.ts$'] },
    },
    ...oneWay('agent', agentRooms),
    ...oneWay('cloud-bridge', bridgeRooms),
    ...oneWay('simulator', simulatorRooms),
    {
      name: 'rooms-are-listed',
      severity: 'error',
      from: {
        path: '^(agent|cloud-bridge|simulator)/[^/]+/',
        pathNot: [
          `^agent/(${agentRooms.join('|')})/`,
          `^cloud-bridge/(${bridgeRooms.join('|')}|console)/`,
          `^simulator/(${simulatorRooms.join('|')})/`,
        ],
      },
      to: {},
    },
    {
      name: 'simulator-knows-nothing-else',
      comment: 'Shared parsers would share bugs.',
      severity: 'error',
      from: { path: '^simulator/' },
      to: { path: '^(agent|cloud-bridge|firmware-hooks)/' },
    },
    {
      name: 'agent-knows-no-cloud',
      severity: 'error',
      from: { path: '^agent/' },
      to: { path: '^(cloud-bridge|simulator)/' },
    },
    {
      name: 'bridge-knows-only-the-contract',
      severity: 'error',
      from: { path: '^cloud-bridge/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(agent|simulator|firmware-hooks)/', pathNot: '^agent/(protocol|base)/' },
    },
    {
      name: 'console-knows-only-the-web-contract',
      severity: 'error',
      from: { path: '^cloud-bridge/console/' },
      to: {
        path: '^(agent|cloud-bridge|simulator|firmware-hooks)/',
        pathNot: ['^cloud-bridge/console/', '^cloud-bridge/web/api\\.ts$'],
      },
    },
    onlyIn('onvif', 'agent/onvif'),
    onlyIn('mqtt', 'agent/transport'),
    onlyIn('aedes', 'cloud-bridge/broker'),
    onlyIn('tus-js-client', 'agent/egress'),
    onlyIn(
      'kysely',
      'cloud-bridge/store',
      'cloud-bridge/accounts',
      'cloud-bridge/devices',
      'cloud-bridge/consent',
      'cloud-bridge/ingest',
      'cloud-bridge/uploads',
    ),
    onlyIn('better-sqlite3', 'agent/base', 'cloud-bridge/store'),
    onlyIn('@tus/(server|file-store)', 'cloud-bridge/uploads'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'require', 'types'],
    },
    exclude: { path: '^build/' },
  },
}

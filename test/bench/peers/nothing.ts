// The least that Node can be: waiting.
setInterval(() => {}, 60_000)
process.on('SIGINT', () => process.exit())
process.stdout.write('ready\n')

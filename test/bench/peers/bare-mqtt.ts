import { connect } from 'mqtt'

/** What any program in Node pays that keeps a connection to a broker and does nothing else. Argument: the broker's port. */
const client = connect({ host: '127.0.0.1', port: Number(process.argv[2]) })
client.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
client.once('connect', () => process.stdout.write('ready\n'))
process.on('SIGINT', () => process.exit())

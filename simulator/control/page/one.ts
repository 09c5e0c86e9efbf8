/** The chosen camera: its picture, what can be done to it, and its journal. */
export const ONE = `import { ask, at, button, by, doing, make, plural, write } from '/page-common.js'
import { makeFaults, showFaults } from '/page-faults.js'

const ENTRIES = 80
const state = { one: undefined }
const id = () => state.one?.id ?? ''
const channel = () => Number(by('channel').value || 1)

export async function makeOne(refresh) {
  const post = (path, body) => doing(() => ask('POST', at(id(), path), body), refresh)
  by('power').onclick = doing(() => ask('POST', at(id(), state.one.on ? '/stop' : '/start')), refresh)
  by('reboot').onclick = post('/reboot')
  by('swap').onclick = post('/swap')
  by('move').onsubmit = doing(async () => {
    await ask('POST', at(id(), '/move'), { address: by('address').value.trim() })
    by('address').value = ''
  }, refresh)
  by('channel').onchange = picture
  by('picture').onload = by('picture').onerror = () => delete by('picture').dataset.busy
  state.raise = (kind) => doing(() => ask('POST', at(id(), '/events'), { kind, channel: channel() }), refresh)
  await makeFaults(id, refresh)
}

function picture() {
  if (!state.one?.on || by('picture').dataset.busy) return
  by('picture').dataset.busy = '1'
  by('picture').alt = 'What ' + id() + ' shows'
  by('picture').src = at(id(), '/snapshot?channel=' + channel() + '#' + Date.now())
}

function fill(one) {
  by('channel').replaceChildren(...Array.from({ length: one.channels }, (_, i) => make('option', String(i + 1))))
  by('channel-label').hidden = one.channels === 1
  by('kinds').replaceChildren(...one.events.map((kind) => button('Raise ' + kind, state.raise(kind), { id: 'raise-' + kind })))
  delete by('picture').dataset.busy
  by('journal').replaceChildren()
}

function facts(one) {
  const rows = { Device: one.manufacturer + ' ' + one.model, Serial: one.serial, Firmware: one.firmware, MAC: one.macs.join(', '), Endpoint: one.endpoint, ONVIF: one.deviceUri, Stream: one.streamUri, Snapshot: one.snapshotUri }
  write(by('facts-note'), one.manufacturer + ' ' + one.model + ', ' + one.address + ':' + one.httpPort)
  const key = JSON.stringify(rows)
  if (by('facts').dataset.key === key) return
  by('facts').dataset.key = key
  by('facts').replaceChildren(...Object.entries(rows).flatMap(([name, value]) => [make('dt', name), make('dd', value)]))
}

function told(entry) {
  if (entry.kind === 'change') return entry.what
  if (entry.kind === 'event') return entry.event + (entry.active ? ' begins' : ' ends') + ' on channel ' + entry.channel
  if (entry.kind === 'connection') return entry.protocol + ' connection'
  return entry.operation
}

function answered(entry) {
  if (entry.kind === 'connection') return entry.outcome
  if (entry.kind !== 'request') return ''
  return (entry.status || '–') + (entry.credential === 'none' ? '' : ', login ' + entry.credential)
}

function journalRow(entry) {
  const isRefused = entry.outcome === 'refused' || entry.credential === 'refused' || entry.status >= 400
  const row = make('tr', '', { className: entry.kind + (isRefused ? ' refused' : '') })
  const time = new Date(entry.at).toTimeString().slice(0, 8) + '.' + String(entry.at % 1000).padStart(3, '0')
  row.append(...[time, told(entry), entry.client ?? '', answered(entry)].map((text) => make('td', text)))
  return row
}

function journal({ counts, entries, mediaConnections }) {
  write(by('journal-note'), plural(counts.requests, 'request') + ', ' + counts.refusedCredentials + ' with a refused login, ' + plural(mediaConnections, 'media connection'))
  const key = id() + JSON.stringify(entries.at(-1)) + counts.requests
  if (by('journal').dataset.key === key) return
  by('journal').dataset.key = key
  by('journal').replaceChildren(...entries.reverse().map(journalRow))
}

/** Shows that camera, or none. */
export async function showOne(chosen) {
  document.body.classList.toggle('has-one', chosen !== '')
  by('one').hidden = chosen === ''
  if (chosen === '') return
  const [{ answer: one }, { answer: kept }] = await Promise.all([ask('GET', at(chosen, '')), ask('GET', at(chosen, '/journal?limit=' + ENTRIES))])
  const isNew = state.one?.id !== one.id
  state.one = one
  if (isNew) fill(one)
  write(by('one-title'), one.name + ' (' + one.id + ')')
  write(by('power'), one.on ? 'Switch off' : 'Switch on')
  by('dark').hidden = one.on
  by('picture').hidden = !one.on
  for (const kind of one.events) by('raise-' + kind)?.classList.toggle('now', one.ongoing.includes(kind))
  facts(one)
  showFaults(one)
  journal(kept)
  picture()
}
`

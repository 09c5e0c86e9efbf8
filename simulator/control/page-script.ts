/** What the page does: it asks the control API each second, and writes all that it gets as text. */
export const SCRIPT = `'use strict'
const by = (id) => document.getElementById(id)
const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text ?? '' }, more)
const ROWS_MAX = 200
let chosen = decodeURIComponent(location.hash.slice(1))
let fleet = []
const helps = new Map()

async function ask(method, path, body) {
  const options = { method }
  if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  const response = await fetch(path, options)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

const say = (text) => { if (by('state').textContent !== text) by('state').textContent = text }
const at = (id, rest) => '/cameras/' + encodeURIComponent(id) + rest

function act(run) {
  return async (event) => {
    event.preventDefault()
    try { await run(fleet.find((one) => one.id === chosen)); await refresh() } catch (error) { say(error.message) }
  }
}

function showFleet() {
  const wanted = by('filter').value.toLowerCase()
  const found = fleet.filter((one) => [one.id, one.name, one.manufacturer, one.model, one.address].join(' ').toLowerCase().includes(wanted))
  const rows = found.slice(0, ROWS_MAX).map((one) => {
    const row = make('tr')
    if (one.id === chosen) row.setAttribute('aria-current', 'true')
    const first = make('td')
    first.append(make('button', one.id, { type: 'button', onclick: () => { chosen = one.id; location.hash = one.id; refresh() } }))
    row.append(first)
    for (const text of [one.manufacturer + ' ' + one.model, one.address + ':' + one.httpPort, one.on ? 'on' : 'off', one.faults.map((fault) => fault.name).join(', '), one.mediaConnections])
      row.append(make('td', text))
    return row
  })
  const focused = document.activeElement?.closest?.('#fleet') ? document.activeElement.textContent : undefined
  by('fleet').replaceChildren(...rows)
  if (focused) [...by('fleet').querySelectorAll('button')].find((one) => one.textContent === focused)?.focus()
  say(fleet.length + (fleet.length === 1 ? ' camera' : ' cameras') + (found.length > ROWS_MAX ? ', the first ' + ROWS_MAX + ' shown' : ''))
}

function fill(select, values) {
  if (select.dataset.values === values.join()) return
  select.dataset.values = values.join()
  select.replaceChildren(...values.map((value) => make('option', value)))
}

async function showOne(one) {
  by('one').hidden = !one
  if (!one) return
  by('one-title').textContent = one.id + ' – ' + one.name
  const facts = { Serial: one.serial, Firmware: one.firmware, MAC: one.macs.join(', '), Endpoint: one.endpoint, Channels: one.channels, RTSP: 'port ' + one.rtspPort }
  by('truth').replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [make('dt', name), make('dd', value)]))
  by('power').textContent = one.on ? 'Switch off' : 'Switch on'
  by('channel').max = one.channels
  fill(by('kind'), one.events)
  const faults = one.faults.map((fault) => {
    const item = make('li', fault.name + ' (' + fault.value + ') ')
    item.append(make('button', 'Clear ' + fault.name, { type: 'button', onclick: act(() => ask('DELETE', at(one.id, '/faults/' + fault.name))) }))
    return item
  })
  if (by('faults').dataset.key !== JSON.stringify(one.faults)) by('faults').replaceChildren(...faults)
  by('faults').dataset.key = JSON.stringify(one.faults)
  const { entries } = await ask('GET', at(one.id, '/journal'))
  by('journal').replaceChildren(...entries.slice(-100).reverse().map((entry) => {
    const row = make('tr')
    const what = entry.kind === 'event' ? entry.event + (entry.active ? ' begins' : ' ends') + ' on channel ' + entry.channel : entry.kind === 'connection' ? entry.protocol + ' connection ' + entry.outcome : entry.protocol + ' ' + entry.operation
    for (const text of [new Date(entry.at).toLocaleTimeString(), entry.client, what, entry.credential, entry.status]) row.append(make('td', text))
    return row
  }))
}

async function refresh() {
  try {
    fleet = await ask('GET', '/cameras')
    showFleet()
    await showOne(fleet.find((one) => one.id === chosen))
  } catch (error) {
    say('The simulator does not answer: ' + error.message)
  }
}

async function start() {
  const groups = await ask('GET', '/faults')
  by('fault').replaceChildren(...Object.entries(groups).map(([group, faults]) => {
    const options = make('optgroup', '', { label: group })
    for (const [name, fault] of Object.entries(faults)) {
      helps.set(name, fault)
      options.append(make('option', name))
    }
    return options
  }))
  const explain = () => {
    const fault = helps.get(by('fault').value)
    by('help').textContent = fault ? fault.help + '.' : ''
    by('value').disabled = fault?.value === 'none'
    by('value').placeholder = fault && fault.value !== 'none' ? (fault.usual ?? '') + ' ' + fault.value : ''
    by('value').value = ''
  }
  by('fault').onchange = explain
  explain()
  by('filter').oninput = showFleet
  by('raise').onsubmit = act((one) => ask('POST', at(one.id, '/events'), { kind: by('kind').value, channel: Number(by('channel').value) }))
  by('set').onsubmit = act((one) => ask('PUT', at(one.id, '/faults/' + by('fault').value), by('value').value === '' ? {} : { value: by('value').value }))
  by('power').onclick = act((one) => ask('POST', at(one.id, one.on ? '/stop' : '/start')))
  by('reboot').onclick = act((one) => ask('POST', at(one.id, '/reboot')))
  by('swap').onclick = act((one) => ask('POST', at(one.id, '/swap')))
  addEventListener('hashchange', () => { chosen = decodeURIComponent(location.hash.slice(1)); refresh() })
  await refresh()
  const again = async () => { if (!document.hidden) await refresh(); setTimeout(again, 1000) }
  setTimeout(again, 1000)
}

start().catch((error) => say('The simulator does not answer: ' + error.message))
`

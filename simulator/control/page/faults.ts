/** The faults of the chosen camera as switches, by group; made once, then only set. */
export const FAULTS = `import { ask, at, button, by, doing, make, plural, write } from '/page-common.js'

const rows = new Map()
let groups = []
let clearing = () => undefined

function newRow(name, fault, chosen, refresh) {
  const row = make('div', '', { className: 'fault' })
  const value = fault.value === 'none' ? undefined : make('input', '', { inputMode: 'decimal', ariaLabel: fault.value + ' of ' + name, placeholder: (fault.usual ?? '') + ' ' + fault.value, title: fault.value })
  const body = () => (value && value.value.trim() !== '' ? { value: value.value.trim() } : {})
  const toggle = button('', undefined, { className: 'switch', role: 'switch', ariaLabel: name, ariaDescription: fault.help })
  toggle.setAttribute('aria-checked', 'false')
  const isOn = () => toggle.getAttribute('aria-checked') === 'true'
  toggle.onclick = doing(() => (isOn() ? ask('DELETE', at(chosen(), '/faults/' + name)) : ask('PUT', at(chosen(), '/faults/' + name), body())), refresh)
  if (value) value.onchange = doing(async () => isOn() && (await ask('PUT', at(chosen(), '/faults/' + name), body())), refresh)
  const text = make('span')
  text.append(make('b', name), make('span', fault.help + (value ? ' (' + fault.value + ')' : ''), { className: 'note' }))
  row.append(toggle, text, ...(value ? [value] : []))
  return { row, toggle, value, text: (name + ' ' + fault.help).toLowerCase() }
}

export async function makeFaults(chosen, refresh) {
  const { answer } = await ask('GET', '/faults')
  clearing = (name) => doing(() => ask('DELETE', at(chosen(), '/faults/' + name)), refresh)
  groups = Object.entries(answer).map(([group, faults]) => {
    const part = make('details')
    const note = make('span')
    const summary = make('summary', group + ' ')
    summary.append(note)
    const names = Object.keys(faults)
    for (const name of names) rows.set(name, newRow(name, faults[name], chosen, refresh))
    part.append(summary, ...names.map((name) => rows.get(name).row))
    return { part, note, names, group }
  })
  by('faults').replaceChildren(...groups.map(({ part }) => part))
  by('fault-search').oninput = search
}

/** A search opens the groups in which it finds something; without one, those stay open that the user opened. */
function search() {
  const words = by('fault-search').value.trim().toLowerCase()
  for (const { part, names, group } of groups) {
    const found = names.filter((name) => {
      const isFound = (group + ' ' + rows.get(name).text).includes(words)
      rows.get(name).row.hidden = !isFound
      rows.get(name).row.style.display = isFound ? '' : 'none'
      return isFound
    })
    part.hidden = found.length === 0
    part.open = words !== '' && found.length > 0
  }
}

/** Each fault that is on, to be cleared with one press. */
function showChips(one) {
  const key = one.id + JSON.stringify(one.faults)
  if (by('on-now').dataset.key === key) return
  by('on-now').dataset.key = key
  by('on-now').replaceChildren(...one.faults.map(({ name, value }) => {
    const said = rows.get(name)?.value ? name + ' = ' + value : name
    return button(said + '  ×', clearing(name), { className: 'chip', ariaLabel: 'Clear ' + name })
  }))
}

export function showFaults(one) {
  const on = new Map(one.faults.map(({ name, value }) => [name, value]))
  write(by('faults-note'), one.faults.length === 0 ? 'none is on' : plural(one.faults.length, 'fault') + ' on')
  showChips(one)
  for (const [name, { toggle, value }] of rows) {
    const checked = String(on.has(name))
    if (toggle.getAttribute('aria-checked') !== checked) toggle.setAttribute('aria-checked', checked)
    if (!value || document.activeElement === value || value.dataset.of === one.id + checked) continue
    value.dataset.of = one.id + checked
    value.value = on.get(name) ?? ''
  }
  for (const { note, names } of groups) {
    const count = names.filter((name) => on.has(name)).length
    write(note, count === 0 ? '' : count + ' on')
  }
}
`

/** The page as a whole: it asks the control API each second while it is looked at. */
export const MAIN = `import { ask, by, doing, make, plural, say, write } from '/page-common.js'
import { cardOf, fromTheFirst, showFleet, turn } from '/page-fleet.js'
import { makeOne, showOne } from '/page-one.js'

const REFRESH_MS = 1000
const chosen = () => decodeURIComponent(location.hash.slice(1))

function choose(id) {
  location.hash = id === chosen() ? '' : encodeURIComponent(id)
}

function numbers(fleet) {
  const rows = { cameras: fleet.cameras, on: fleet.on, 'with faults': fleet.faulty, requests: fleet.requests, 'logins refused': fleet.refusedCredentials, 'media connections': fleet.mediaConnections }
  if (by('numbers').childElementCount === 0)
    by('numbers').replaceChildren(...Object.keys(rows).map((name) => {
      const pair = make('div')
      pair.append(make('dt', name), make('dd'))
      return pair
    }))
  for (const [i, value] of Object.values(rows).entries()) write(by('numbers').children[i].lastChild, value.toLocaleString('en'))
}

function scenario(it) {
  const isRunning = it.state === 'running'
  by('play').hidden = isRunning
  by('stop-scenario').hidden = by('progress').hidden = !isRunning
  if (it.state === 'none') return write(by('scenario-note'), '')
  by('progress').max = it.total || 1
  by('progress').value = it.done
  const next = it.next ? '; at ' + (it.next.atMs / 1000).toFixed(1) + ' s ' + it.next.camera + ': ' + it.next.what : ''
  const failed = it.failed > 0 ? ', ' + it.failed + ' failed' : ''
  write(by('scenario-note'), it.name + ' ' + (isRunning ? '' : it.state + ', ') + it.done + ' of ' + it.total + failed + next)
}

function recording(it) {
  write(by('record'), it?.isRunning ? 'Stop recording' : 'Record')
  by('download').hidden = !it || it.isRunning || it.into !== 'memory'
  write(by('recording-note'), it ? (it.trouble ?? plural(it.steps, 'happening') + (it.into === 'memory' ? '' : ' in ' + it.into)) : '')
}

async function refresh() {
  try {
    const [{ answer: fleet }] = await Promise.all([ask('GET', '/fleet'), showFleet(chosen(), choose), showOne(chosen())])
    numbers(fleet)
    scenario(fleet.scenario)
    recording(fleet.recording)
    state.isRecording = fleet.recording?.isRunning ?? false
    if (state.isLost) say('')
    state.isLost = false
  } catch (error) {
    state.isLost = true
    say(error instanceof TypeError ? 'The simulator does not answer.' : error.message)
  }
}
const state = { isRecording: false, isLost: false }

async function send() {
  const [file] = by('scenario-file').files
  by('scenario-file').value = ''
  if (file) await ask('POST', '/scenario', { text: await file.text(), name: file.name })
}

by('play').onclick = () => by('scenario-file').click()
by('scenario-file').onchange = doing(send, refresh)
by('stop-scenario').onclick = doing(() => ask('DELETE', '/scenario'), refresh)
by('record').onclick = doing(() => ask(state.isRecording ? 'DELETE' : 'POST', '/recording'), refresh)
by('search').oninput = () => { fromTheFirst(); refresh() }
by('previous').onclick = () => { turn(-1); refresh() }
by('next').onclick = () => { turn(1); refresh() }
by('close').onclick = () => choose(chosen())
addEventListener('keydown', (event) => { if (event.key === 'Escape' && chosen() !== '') choose(chosen()) })
addEventListener('hashchange', async (event) => {
  const before = decodeURIComponent(new URL(event.oldURL).hash.slice(1))
  await refresh()
  if (chosen() === '') cardOf(before)?.focus()
  else by('one-title').focus()
})

await makeOne(refresh)
await refresh()
const again = async () => {
  if (!document.hidden) await refresh()
  setTimeout(again, REFRESH_MS)
}
setTimeout(again, REFRESH_MS)
`

/** The cards of the cameras: a page of them at a time, pictures only of those in sight. */
export const FLEET = `import { ask, by, button, make, plural, write } from '/page-common.js'

const PAGE = 60
const PICTURE_MS = 2000
const cards = new Map()
const inSight = new Set()
let offset = 0
let total = 0

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target)
    else inSight.delete(target)
    if (isIntersecting) picture(target)
  }
})

function picture(card) {
  const image = card.querySelector('img')
  if (card.classList.contains('off') || image.dataset.busy) return
  image.dataset.busy = '1'
  image.src = '/cameras/' + encodeURIComponent(card.dataset.id) + '/snapshot?channel=1#' + Date.now()
}

function newCard(one, choose) {
  const card = button('', () => choose(one.id), { className: 'card' })
  card.dataset.id = one.id
  const shot = make('span', '', { className: 'shot' })
  const image = make('img', '', { alt: '', decoding: 'async' })
  image.onload = image.onerror = () => delete image.dataset.busy
  shot.append(image, make('span', '', { className: 'badges' }))
  const about = make('span', '', { className: 'about' })
  about.append(make('b'), make('span'), make('span'))
  card.append(shot, about)
  const item = make('li')
  item.append(card)
  watcher.observe(card)
  return item
}

function badgesOf(one) {
  const badges = one.ongoing.map((kind) => ['event', kind])
  if (!one.on) badges.push(['', 'off'])
  if (one.faults.length === 1) badges.push(['wrong', one.faults[0].name])
  if (one.faults.length > 1) badges.push(['wrong', plural(one.faults.length, 'fault')])
  return badges
}

function show(item, one, chosen) {
  const card = item.firstChild
  const wasOff = card.classList.contains('off')
  card.classList.toggle('off', !one.on)
  if (wasOff && one.on && inSight.has(card)) picture(card)
  card.setAttribute('aria-pressed', String(one.id === chosen))
  const [name, device, address] = card.querySelector('.about').children
  write(name, one.name)
  write(device, one.manufacturer + ' ' + one.model)
  write(address, one.id + '  ' + one.address)
  const key = JSON.stringify(badgesOf(one))
  const badges = card.querySelector('.badges')
  if (badges.dataset.key === key) return
  badges.dataset.key = key
  badges.replaceChildren(...badgesOf(one).map(([kind, text]) => make('span', text, { className: 'badge ' + kind })))
}

/** Asks for the page of cameras that is looked at, and shows it. */
export async function showFleet(chosen, choose) {
  const query = new URLSearchParams({ search: by('search').value, offset, limit: PAGE })
  const { answer: fleet, total: found } = await ask('GET', '/cameras?' + query)
  total = found
  if (offset > 0 && offset >= total) return turn(-1)
  const wanted = new Set(fleet.map((one) => one.id))
  for (const [id, item] of cards) {
    if (wanted.has(id)) continue
    watcher.unobserve(item.firstChild)
    inSight.delete(item.firstChild)
    item.remove()
    cards.delete(id)
  }
  for (const [i, one] of fleet.entries()) {
    const item = cards.get(one.id) ?? newCard(one, choose)
    cards.set(one.id, item)
    show(item, one, chosen)
    if (by('cards').children[i] !== item) by('cards').insertBefore(item, by('cards').children[i] ?? null)
  }
  by('none').hidden = total > 0
  by('pages').hidden = total <= PAGE
  write(by('page-note'), (offset + 1) + '–' + Math.min(offset + PAGE, total) + ' of ' + total)
  by('previous').disabled = offset === 0
  by('next').disabled = offset + PAGE >= total
}

export function turn(pages) {
  offset = Math.max(0, offset + pages * PAGE)
}

export function fromTheFirst() {
  offset = 0
}

export const cardOf = (id) => cards.get(id)?.firstChild

setInterval(() => {
  if (!document.hidden) for (const card of inSight) picture(card)
}, PICTURE_MS)
`

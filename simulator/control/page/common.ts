/** What all scripts of the page share: finding and making elements, and asking the control API. */
export const COMMON = `export const by = (id) => document.getElementById(id)
export const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text ?? '' }, more)
export const button = (text, onclick, more) => make('button', text, { type: 'button', onclick, ...more })
export const plural = (count, word) => count.toLocaleString('en') + ' ' + word + (count === 1 ? '' : 's')

/** Writes a text only where it differs, so that nothing is announced or laid out twice. */
export function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text
}

export async function ask(method, path, body, type = 'application/json') {
  const sent = body === undefined ? {} : { body: type === 'application/json' ? JSON.stringify(body) : body, headers: { 'content-type': type } }
  const response = await fetch(path, { method, ...sent })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return { answer, total: Number(response.headers.get('x-total-count')) }
}

export const at = (id, rest) => '/cameras/' + encodeURIComponent(id) + rest
export const say = (text) => write(by('state'), text)

/** What a control does: it tells what went wrong, and shows at once what came of it. */
export function doing(run, refresh) {
  return async (event) => {
    event?.preventDefault()
    try {
      await run()
      say('')
      await refresh()
    } catch (error) {
      say(error.message)
    }
  }
}
`

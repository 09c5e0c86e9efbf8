import { SCRIPT } from './page-script.ts'

/** The page that shows the fleet. It loads nothing from anywhere else. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Camera simulator</title>
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header><h1>Camera simulator</h1><p id="state" role="status">Loading …</p></header>
<main>
<section aria-labelledby="fleet-title">
<h2 id="fleet-title">Cameras</h2>
<label>Filter <input id="filter" type="search"></label>
<div class="scroll"><table><caption class="hidden">The cameras of this fleet</caption>
<thead><tr><th scope="col">Camera</th><th scope="col">Device</th><th scope="col">Address</th><th scope="col">Power</th><th scope="col">Faults</th><th scope="col">Media connections</th></tr></thead>
<tbody id="fleet"></tbody></table></div>
</section>
<section id="one" aria-labelledby="one-title" hidden>
<h2 id="one-title"></h2>
<dl id="truth"></dl>
<div class="row"><button id="power" type="button"></button><button id="reboot" type="button">Reboot</button><button id="swap" type="button">Swap for another device</button></div>
<form id="raise" class="row"><label>Event <select id="kind"></select></label><label>Channel <input id="channel" type="number" min="1" value="1"></label><button>Raise</button></form>
<form id="set" class="row"><label>Fault <select id="fault"></select></label><label>Value <input id="value" inputmode="decimal"></label><button>Switch on</button></form>
<p id="help"></p>
<ul id="faults"></ul>
<h3>Journal</h3>
<div class="scroll"><table><caption class="hidden">What clients did with this camera, the newest first</caption>
<thead><tr><th scope="col">Time</th><th scope="col">Client</th><th scope="col">What</th><th scope="col">Credential</th><th scope="col">Status</th></tr></thead>
<tbody id="journal"></tbody></table></div>
</section>
</main>
<footer><a href="/openapi.json">OpenAPI document</a></footer>
</body>
</html>
`

const STYLE = `:root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.15rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.scroll { overflow: auto; max-height: 24rem; } thead th { position: sticky; top: 0; background: Canvas; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .6rem 0; }
button, input, select { font: inherit; padding: .3rem .6rem; min-height: 2rem; }
td button { padding: 0; min-height: 0; border: 0; background: none; color: LinkText; text-decoration: underline; cursor: pointer; }
tr[aria-current] { background: color-mix(in srgb, Highlight 18%, transparent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { opacity: .75; } dd { margin: 0; }
ul { padding: 0; list-style: none; } :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`

export const PAGE_FILES = [
  { path: '/', type: 'text/html', text: PAGE },
  { path: '/page.css', type: 'text/css', text: STYLE },
  { path: '/page.js', type: 'text/javascript', text: SCRIPT },
] as const

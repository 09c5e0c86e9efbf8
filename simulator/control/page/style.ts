/** The page's looks, light and dark, from a telephone's width upwards. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f5f7, #14161a); --card: light-dark(#ffffff, #1e2127); --ink: light-dark(#1b1f24, #e8eaed);
  --soft: light-dark(#5a6370, #a3acb8); --line: light-dark(#d9dde3, #343a43); --accent: light-dark(#0b62c4, #7ab4ff);
  --on-accent: light-dark(#ffffff, #10151c); --good: light-dark(#137a3e, #6dd394); --warn: light-dark(#9a4b00, #ffb366);
  --warn-ground: light-dark(#fff0e0, #3b2a17); --event: light-dark(#b3261e, #ff8a80);
  font: 15px/1.45 system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 96rem; padding: 0 1.25rem 2rem; background: var(--ground); color: var(--ink); }
h1, h2, h3, p, dl, ul, figure { margin: 0; padding: 0; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; } h3 { font-size: 1rem; display: inline; }
a { color: var(--accent); }
header { display: flex; flex-wrap: wrap; gap: .4rem 2rem; align-items: baseline; padding: 1.1rem 0 .8rem; }
#numbers { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
#numbers div { display: flex; gap: .35rem; align-items: baseline; }
#numbers dd { margin: 0; font-weight: 650; order: -1; font-variant-numeric: tabular-nums; }
#numbers dt, footer, #page-note, .note, #scenario-note, #recording-note, #faults-note, #journal-note, #facts-note { color: var(--soft); }
#state:not(:empty) { color: var(--warn); background: var(--warn-ground); border-radius: 6px; padding: .2rem .6rem; flex-basis: 100%; }
.bar { display: flex; flex-wrap: wrap; gap: .6rem 2rem; padding-bottom: 1rem; }
.group { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
main { display: grid; gap: 1.25rem; align-items: start; }
.head { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding-bottom: .7rem; }
.search { flex: 1; max-width: 26rem; } .search input { width: 100%; }
button, input, select { font: inherit; color: inherit; min-height: 2.3rem; border-radius: 7px; border: 1px solid var(--line); background: var(--card); padding: .3rem .8rem; }
button { cursor: pointer; } button:hover { border-color: var(--accent); } button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#cards { list-style: none; display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); }
.card { display: block; width: 100%; height: 100%; text-align: left; padding: 0; overflow: hidden; border-radius: 10px; }
.card[aria-pressed="true"] { border-color: var(--accent); box-shadow: 0 0 0 2px var(--accent); }
.shot { position: relative; display: block; aspect-ratio: 16/9; background: #0b0d10; }
.shot img, figure img { width: 100%; height: 100%; object-fit: cover; display: block; }
.off .shot img { visibility: hidden; }
.badges { position: absolute; left: .4rem; bottom: .4rem; right: .4rem; display: flex; flex-wrap: wrap; gap: .3rem; }
.badge { font-size: .78rem; line-height: 1.35; padding: .05rem .45rem; border-radius: 99px; background: #000a; color: #fff; }
.badge.event { background: #b3261e; } .badge.wrong { background: #8a4300; }
.about { display: block; padding: .5rem .7rem .6rem; }
.about b, .about span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.about span { color: var(--soft); font-size: .87rem; } .about span:last-child { white-space: normal; }
#pages:not([hidden]) { display: flex; gap: 1rem; align-items: center; justify-content: center; padding-top: 1rem; }
#one { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.1rem; display: grid; grid-auto-rows: max-content; gap: .9rem; min-width: 0; }
#one[hidden] { display: none; } #one .head { padding: 0; } #one-title:focus { outline: none; }
figure { position: relative; aspect-ratio: 16/9; background: #0b0d10; border-radius: 8px; overflow: hidden; }
#dark { position: absolute; inset: 0; display: grid; place-items: center; color: #c9d1da; } #dark[hidden] { display: none; }
#kinds { display: flex; flex-wrap: wrap; gap: .5rem; } #kinds button.now { border-color: var(--event); color: var(--event); }
#move { display: flex; gap: .5rem; } #move input { width: 9rem; }
#facts { margin-top: .4rem; display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; } #facts dt { color: var(--soft); }
#facts dd { margin: 0; overflow-wrap: anywhere; user-select: all; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; padding: .25rem 0; } #one > details > summary { border-top: 1px solid var(--line); padding-top: .8rem; }
#faults { margin-top: .5rem; } #on-now:not(:empty) { margin-top: .6rem; }
.chip { background: var(--warn-ground); color: var(--warn); border-color: transparent; border-radius: 99px; min-height: 1.9rem; padding: .1rem .8rem; } #faults details { border-top: 1px solid var(--line); }
#faults summary span { color: var(--warn); }
.fault { display: grid; grid-template-columns: auto 1fr auto; gap: .1rem .7rem; align-items: start; padding: .4rem 0; }
.fault b { font-weight: 600; } .fault .note { display: block; font-size: .87rem; }
.fault input { width: 6.5rem; min-height: 2rem; padding: .15rem .5rem; }
.switch { min-height: 1.5rem; width: 2.6rem; padding: 0; border-radius: 99px; position: relative; background: var(--ground); margin-top: .1rem; }
.switch::after { content: ""; position: absolute; top: 2px; left: 2px; width: 1.15rem; height: 1.15rem; border-radius: 50%; background: var(--soft); transition: translate .12s; }
.switch[aria-checked="true"] { background: var(--warn); border-color: var(--warn); } .switch[aria-checked="true"]::after { translate: 1.05rem 0; background: var(--card); }
.scroll { overflow: auto; max-height: 24rem; margin-top: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { position: sticky; top: 0; background: var(--card); color: var(--soft); font-weight: 500; }
td:first-child, td:nth-child(3) { white-space: nowrap; } td:nth-child(2) { overflow-wrap: anywhere; min-width: 9rem; }
tr.event td:nth-child(2) { color: var(--event); } tr.change td:nth-child(2) { color: var(--warn); } tr.refused td:last-child { color: var(--event); }
footer { padding-top: 1.5rem; }
.hidden, .skip:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (min-width: 62rem) {
  .has-one main { grid-template-columns: minmax(0, 1fr) 30rem; }
  .has-one #one { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow: auto; }
}
@media (max-width: 61.99rem) {
  .has-one #fleet, .has-one .bar { display: none; }
}
@media (max-width: 32rem) {
  body { padding: 0 .8rem 1.5rem; } #cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem; }
  .head { flex-wrap: wrap; } #fleet .search { flex-basis: 100%; max-width: none; } #one { padding: .8rem; }
  td:nth-child(3), th:nth-child(3) { display: none; }
}
@media (prefers-reduced-motion: reduce) { .switch::after { transition: none; } }
`

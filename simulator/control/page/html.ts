/** The page's frame; its scripts fill it. */
export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Camera simulator</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<a class="skip" href="#fleet">To the cameras</a>
<header>
<h1>Camera simulator</h1>
<dl id="numbers" aria-label="The fleet in numbers"></dl>
<p id="state" role="status"></p>
</header>
<div class="bar">
<div class="group" role="group" aria-label="Scenario">
<button id="play" type="button">Play a scenario</button><input id="scenario-file" type="file" accept=".yaml,.yml,.json,text/yaml" aria-label="A scenario's file" hidden>
<button id="stop-scenario" type="button" hidden>Stop the scenario</button>
<progress id="progress" max="1" value="0" aria-label="How far the scenario has come" hidden></progress>
<span id="scenario-note"></span>
</div>
<div class="group" role="group" aria-label="Recording">
<button id="record" type="button">Record</button>
<a id="download" href="/recording/file" download="recording.yaml" hidden>Download the recording</a>
<span id="recording-note"></span>
</div>
</div>
<main>
<section id="fleet" aria-labelledby="fleet-title">
<div class="head">
<h2 id="fleet-title">Cameras</h2>
<label class="search"><span class="hidden">Find cameras</span><input id="search" type="search" placeholder="Find by name, brand, address, fault" autocomplete="off"></label>
</div>
<ul id="cards"></ul>
<p id="none" hidden>No camera is like that.</p>
<nav id="pages" aria-label="Pages" hidden><button id="previous" type="button">Previous</button><span id="page-note"></span><button id="next" type="button">Next</button></nav>
</section>
<section id="one" aria-labelledby="one-title" hidden>
<div class="head">
<h2 id="one-title" tabindex="-1"></h2>
<button id="close" type="button">Close</button>
</div>
<figure><img id="picture" alt=""><p id="dark" hidden>The camera is off</p></figure>
<div class="group" role="group" aria-label="Events">
<span id="kinds"></span>
<label id="channel-label">on channel <select id="channel"></select></label>
</div>
<div class="group" role="group" aria-label="Power and place">
<button id="power" type="button"></button><button id="reboot" type="button">Reboot</button><button id="swap" type="button">Swap the device</button>
<form id="move"><label><span class="hidden">New address</span><input id="address" inputmode="decimal" size="13" placeholder="127.77.0.99"></label><button>Move</button></form>
</div>
<details id="faults-part" open>
<summary><h3>Faults</h3> <span id="faults-note"></span></summary>
<label class="search"><span class="hidden">Find faults</span><input id="fault-search" type="search" placeholder="Find faults" autocomplete="off"></label>
<div id="on-now" class="group" role="group" aria-label="Faults that are on"></div>
<div id="faults"></div>
</details>
<details id="journal-part" open>
<summary><h3>Journal</h3> <span id="journal-note"></span></summary>
<div class="scroll" tabindex="0" role="region" aria-label="What happened, the newest first">
<table><caption class="hidden">What clients did with this camera and what happened to it, the newest first</caption>
<thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">Client</th><th scope="col">Answer</th></tr></thead>
<tbody id="journal"></tbody></table>
</div>
</details>
<details id="facts-part">
<summary><h3>Who and where</h3> <span id="facts-note"></span></summary>
<dl id="facts"></dl>
</details>
</section>
</main>
<footer>All of this over HTTP: <a href="/openapi.json">OpenAPI document</a></footer>
</body>
</html>
`

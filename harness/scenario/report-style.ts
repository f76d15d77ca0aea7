/** The report's look: one style sheet, light and dark, no font and no picture from anywhere. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --panel: #f5f7f9;
  --good: #1a7f4b; --good-bar: #bfe6cf; --warn-bar: #fbe3a4; --wait-bar: #ffcf9e; --way-bar: #cfe0f7; --bad: #b3261e; --bad-bar: #f6c4c0; --fault: #e9ebef; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181e; --ink: #e7ebf0; --soft: #9aa6b5; --line: #333c48; --panel: #1b2129;
  --good: #5fd29a; --good-bar: #1f5a3d; --warn-bar: #6b5717; --wait-bar: #7a4a17; --way-bar: #27415f; --bad: #ff8a80; --bad-bar: #6e2a26; --fault: #2a313b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; }
h3 { font-size: 1.05rem; margin: 0; }
p { margin: .4rem 0; max-width: 46rem; }
.soft, figcaption, small { color: var(--soft); }
.score { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1.4rem 0; }
.score div { flex: 1 1 15rem; background: var(--panel); border-radius: 10px; padding: .9rem 1.1rem; }
.score strong { display: block; font-size: 1.7rem; line-height: 1.2; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
td.story { white-space: normal; min-width: 15rem; }
td small { display: block; max-width: 14rem; white-space: normal; line-height: 1.3; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
td.number { text-align: right; }
tr.second td { border-bottom: 2px solid var(--line); }
.pass { color: var(--good); font-weight: 600; }
.miss { color: var(--bad); font-weight: 600; }
section.scenario { margin: 1.6rem 0 0; padding: 1rem 1.2rem 1.1rem; border: 1px solid var(--line); border-radius: 10px; break-inside: avoid; }
section.scenario code { color: var(--ink); font-size: .85rem; }
.promise { max-width: none; margin: .15rem 0 0; font-size: .85rem; color: var(--soft); }
a { color: inherit; }
figure { margin: .9rem 0 0; }
figcaption { font-size: .9rem; }
figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; font: 11.5px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .lane, svg .time, svg .broken { fill: var(--soft); }
.bar { fill: var(--fault); } .bar.connected { fill: var(--good-bar); } .bar.unstable { fill: var(--warn-bar); } .bar.reconnecting { fill: var(--wait-bar); }
.bar.connecting, .bar.requestingMic { fill: var(--way-bar); } .bar.failed { fill: var(--bad-bar); }
.fault { fill: var(--fault); } .tick { stroke: var(--line); fill: none; } .tick.zero { stroke: var(--soft); }
.word.heard { fill: var(--good); } .word.twice { fill: none; stroke: var(--bad); stroke-width: 1.5; } .word.lost { fill: none; stroke: var(--bad); stroke-width: 1.6; }
.join { fill: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; align-items: center; font-size: .9rem; padding: 0; margin: .8rem 0 0; list-style: none; }
.legend svg { display: inline-block; width: 18px; height: 14px; vertical-align: -2px; margin-right: .35rem; }
details { margin-top: .5rem; font-size: .9rem; } summary { cursor: pointer; color: var(--soft); } details ul { margin: .3rem 0; padding-left: 1.2rem; }
/* A picture that shrinks to the width of a phone cannot be read: it is scrolled instead. */
@media (max-width: 48rem) { body { padding: 1.5rem 1rem 3rem; } section.scenario { padding: .8rem .8rem .9rem; }
  figure svg { min-width: 44rem; } .told-below .story { display: none; } th, td { padding: .35rem .4rem; } }
@media print { body { max-width: none; padding: 0; } }
`;

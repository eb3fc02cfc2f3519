/**
 * Looks of the report and of the dashboard: by day and by night as the reader's system asks, from a phone to a wide
 * screen. Every pair of text and ground has a contrast of at least 4.5.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #fff; --text: #16202e; --quiet: #55606f; --line: #dde2e9; --soft: #eef1f5;
  --canary: #c2570c; --primary: #2563eb; --pass: #166534; --hold: #854d0e; --failed: #a83a08; --end: #b91c1c; --work: #1d4ed8;
  --pass-mark: #16a34a; --hold-mark: #ca9a04; --failed-mark: #ea580c; --end-mark: #dc2626;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --card: #161b22; --text: #e6edf3; --quiet: #a3afbb; --line: #2d3540; --soft: #1e252e;
    --canary: #f0a04b; --primary: #82aeff; --pass: #56d38f; --hold: #e3b341; --failed: #ff9f5a; --end: #ff857d; --work: #8ab4ff;
    --pass-mark: #4cc38a; --hold-mark: #e3b341; --failed-mark: #f68b4a; --end-mark: #ff6b61;
  }
}
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; margin: 0; }
main { margin: 0 auto; max-width: 1080px; padding: 32px 24px 64px; }
h1 { font-size: 26px; letter-spacing: -0.01em; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 36px 0 12px; }
p { margin: 8px 0; overflow-wrap: anywhere; }
a { color: var(--primary); }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code, .mono { font-size: 0.92em; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.top { align-items: center; display: flex; flex-wrap: wrap; gap: 8px 14px; }
.badge, .v { border-radius: 99px; display: inline-block; font-size: 13px; font-weight: 600; line-height: 1.4; padding: 2px 10px; white-space: nowrap; }
.badge { font-size: 14px; padding: 3px 12px; }
.pass, .good { --tone: var(--pass); --mark: var(--pass-mark); }
.hold, .breached, .inconclusive, .noData, .error, .warning, .open { --tone: var(--hold); --mark: var(--hold-mark); }
.failedCheck, .fail { --tone: var(--failed); --mark: var(--failed-mark); }
.failNow, .giveUp, .bad { --tone: var(--end); --mark: var(--end-mark); }
.badge, .v { background: color-mix(in srgb, var(--tone, var(--quiet)) 12%, var(--card)); color: var(--tone, var(--quiet)); }
.reason { border-left: 4px solid var(--tone, var(--quiet)); margin-top: 18px; }
.reason p { margin: 0; }
dl.facts { display: flex; flex-wrap: wrap; gap: 12px 36px; margin: 20px 0 0; }
dl.facts.figures { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
dl.facts dt { color: var(--quiet); font-size: 13px; }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
dl.figures dd { font-size: 20px; font-variant-numeric: tabular-nums; font-weight: 600; }
dl.figures small { color: var(--quiet); font-size: 13px; font-weight: 400; }
.charts { display: grid; gap: 16px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.chart { margin: 0; }
.chart:first-child { grid-column: 1 / -1; }
.chart figcaption { align-items: baseline; display: flex; flex-wrap: wrap; font-weight: 600; gap: 2px 10px; margin-bottom: 14px; }
.chart figcaption .quiet { font-size: 13px; font-weight: 400; }
.keys { display: flex; flex-wrap: wrap; font-size: 13px; font-weight: 400; gap: 2px 14px; margin-left: auto; }
.chart:not(:first-child) .keys { flex-basis: 100%; margin-left: 0; }
.key::before { background: var(--mark); border-radius: 2px; content: ""; display: inline-block; height: 4px; margin-right: 6px; vertical-align: middle; width: 14px; }
.key { color: var(--quiet); }
.plot { height: 200px; margin: 0 14px 22px 56px; position: relative; }
.plot svg { display: block; height: 100%; overflow: visible; width: 100%; }
.plot path { fill: none; stroke-linecap: round; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .limit { stroke: var(--end); stroke-dasharray: 5 4; stroke-linecap: butt; stroke-width: 1.5; }
.plot .canary { stroke: var(--canary); stroke-width: 2.25; }
.plot .primary { stroke: var(--primary); stroke-width: 2; }
.plot .weight { stroke: var(--quiet); stroke-width: 1.75; }
.plot .area { fill: var(--quiet); fill-opacity: 0.1; stroke: none; }
.plot .mark { stroke: var(--mark); stroke-width: 8; }
.canary { --mark: var(--canary); } .primary { --mark: var(--primary); }
.plot span { color: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; line-height: 1; position: absolute; white-space: nowrap; }
.plot .y { right: calc(100% + 8px); transform: translateY(-50%); }
.plot .x { top: calc(100% + 9px); transform: translateX(-50%); }
.plot .limit-text { color: var(--end); right: 0; transform: translateY(calc(-100% - 4px)); }
.plot .limit-text.below { transform: translateY(5px); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 8px 14px 8px 0; text-align: left; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th { color: var(--quiet); font-size: 13px; font-weight: 600; white-space: nowrap; }
td { overflow-wrap: break-word; }
td.why { overflow-wrap: anywhere; }
td:last-child { padding-right: 0; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.tone { color: var(--tone, inherit); }
.bar { background: var(--soft); border-radius: 99px; display: block; height: 5px; margin-top: 6px; overflow: hidden; width: 56px; }
.bar i { background: var(--quiet); border-radius: 99px; display: block; height: 100%; }
details { margin-top: 16px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
details[open] summary { margin-bottom: 10px; }
pre { font-size: 13px; margin: 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 720px) {
  main { padding: 20px 14px 48px; }
  h1 { font-size: 21px; }
  .card { padding: 14px; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .keys { margin-left: 0; }
  .plot { height: 168px; margin-left: 50px; margin-right: 10px; }
  .plot .spare { display: none; }
  dl.facts { gap: 10px 28px; }
  dl.facts.figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stack thead { display: none; }
  .stack, .stack tbody { display: block; }
  .stack tr { align-items: baseline; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 2px 12px; padding: 10px 0; }
  .stack tr:first-child { padding-top: 0; }
  .stack tr:last-child { border-bottom: 0; padding-bottom: 0; }
  .stack td { border: 0; max-width: 100%; overflow-wrap: anywhere; padding: 0; white-space: normal; }
  .stack td:empty { display: none; }
  .stack td[data-label]::before { color: var(--quiet); content: attr(data-label) " "; font-size: 13px; }
  .stack td.why { flex-basis: 100%; }
  .stack .bar { display: none; }
}
@media print {
  body { background: none; }
  .card, .chart { break-inside: avoid; }
}
`;

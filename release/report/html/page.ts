/** The page as an Eta template. Every value is escaped but the charts, which the chart library has escaped itself. */
export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title><%= it.title %></title>
<style>
:root { color-scheme: light; --quiet: #64748b; --line: #e2e8f0; }
body { font: 15px/1.5 system-ui, sans-serif; color: #0f172a; background: #fff; margin: 0 auto; max-width: 1000px; padding: 24px; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 17px; margin: 32px 0 8px; }
h3 { font-size: 14px; margin: 20px 0 0; color: var(--quiet); font-weight: 600; }
p { margin: 8px 0; overflow-wrap: anywhere; }
.badge { border-radius: 4px; color: #fff; font-size: 14px; padding: 2px 10px; vertical-align: middle; }
.good { background: #15803d; } .bad { background: #dc2626; }
.quiet { color: var(--quiet); }
svg { height: auto; max-width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 4px 10px 4px 0; text-align: left; vertical-align: top; }
th { color: var(--quiet); font-weight: 600; }
td { overflow-wrap: break-word; }
td:last-child { overflow-wrap: anywhere; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.v { white-space: nowrap; }
.pass { color: #15803d; } .hold, .breached, .inconclusive, .noData, .error, .warning { color: #a16207; }
.failedCheck, .fail { color: #ea580c; } .failNow, .giveUp { color: #dc2626; font-weight: 600; }
.key { display: inline-block; margin-right: 14px; } .key::before { content: "●"; margin-right: 4px; }
summary { cursor: pointer; margin: 12px 0; }
pre { background: #f8fafc; border: 1px solid var(--line); font-size: 13px; overflow-x: auto; padding: 12px; }
</style>
</head>
<body>
<h1><%= it.release %> <span class="badge <%= it.good ? "good" : "bad" %>"><%= it.outcome %></span></h1>
<p class="quiet">Revision <%= it.revision %> · <%= it.startedAt %> to <%= it.endedAt %> (<%= it.duration %>)</p>
<% if (it.reason !== "") { %><p><strong><%= it.reason %></strong></p><% } %>
<% if (it.note !== "") { %><p class="quiet"><%= it.note %></p><% } %>
<% if (it.charts.length > 0) { %>
<h2>Over time</h2>
<% for (const chart of it.charts) { %>
<h3><%= chart.title %></h3>
<div class="wide"><%~ chart.svg %></div>
<% } %>
<p><span class="key pass">pass</span><span class="key hold">hold</span><span class="key failedCheck">failed check</span><span class="key failNow">rolled back</span></p>
<% } %>
<h2>Decisions</h2>
<div class="wide"><table>
<tr><th>Time</th><th>Judged</th><th>Canary</th><th>Verdict</th><th>Checks</th><th>Why</th></tr>
<% for (const group of it.groups) { %>
<tr><td class="n"><%= group.time %></td><td><%= group.subject %></td><td class="n"><%= group.weight %>%</td><td class="v <%= group.kind %>"><%= group.verdict %></td><td class="n"><%= group.checks %></td><td><%= group.sentence %></td></tr>
<% } %>
</table></div>
<h2>Announcements</h2>
<div class="wide"><table>
<tr><th>Time</th><th>Phase</th><th>Canary</th><th>Message</th></tr>
<% for (const announced of it.announcements) { %>
<tr><td class="n"><%= announced.time %></td><td><%= announced.phase %></td><td class="n"><%= announced.weight %>%</td><td class="<%= announced.kind %>"><%= announced.message %></td></tr>
<% } %>
</table></div>
<details><summary>All checks (<%= it.checks.length %>)</summary>
<div class="wide"><table>
<tr><th>Time</th><th>Metric</th><th>Verdict</th><th>Value</th><th>Limit</th><th>Requests</th><th>Evidence against</th><th>Split</th><th>Sentence</th></tr>
<% for (const check of it.checks) { %>
<tr><td class="n"><%= check.time %></td><td><%= check.metric %></td><td class="v <%= check.verdict %>"><%= check.verdict %></td><td class="n"><%= check.value %></td><td class="n"><%= check.limit %></td><td class="n"><%= check.requests %></td><td class="n"><%= check.confidence %></td><td class="n"><%= check.split %></td><td><%= check.sentence %></td></tr>
<% } %>
</table></div>
</details>
<details><summary>Settings</summary>
<pre><%= it.settings %></pre>
</details>
</body>
</html>
`;

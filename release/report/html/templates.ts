import { extent } from "./charts.js";

/** Eta templates. Every value is escaped; what is put in as it stands was rendered by another of these. */

const charts = `<div class="charts">
<% for (const chart of it.charts) { %>
<figure class="card chart">
<figcaption><%= chart.title %> <span class="quiet"><%= chart.note %></span>
<% if (chart.marks.length > 0) { %><span class="keys"><span class="key pass">pass</span><span class="key hold">hold</span><span class="key failedCheck">failed check</span><span class="key failNow">rolled back</span></span><% } %>
<% if (chart.lines.length > 1) { %><span class="keys"><span class="key canary">canary</span><span class="key primary">primary</span></span><% } %>
</figcaption>
<div class="plot">
<svg viewBox="0 0 ${extent} ${extent}" preserveAspectRatio="none" role="img" aria-label="<%= chart.description %>">
<% for (const tick of chart.yTicks) { %><path class="grid" d="M0,<%= 10 * tick.topPercent %>H${extent}"/><% } %>
<% if (chart.area !== "") { %><path class="area" d="<%= chart.area %>"/><% } %>
<% if (chart.limit !== undefined) { %><path class="limit" d="M0,<%= 10 * chart.limit.topPercent %>H${extent}"/><% } %>
<% for (const line of chart.lines) { %><path class="<%= line.name %>" d="<%= line.path %>"/><% } %>
<% for (const mark of chart.marks) { %><path class="mark <%= mark.kind %>" d="<%= mark.path %>"><title><%= mark.text %></title></path><% } %>
</svg>
<% for (const tick of chart.yTicks) { %><span class="y" style="top:<%= tick.topPercent %>%"><%= tick.text %></span><% } %>
<% for (const tick of chart.xTicks) { %><span class="x<%= tick.spare ? " spare" : "" %>" style="left:<%= tick.leftPercent %>%"><%= tick.text %></span><% } %>
<% if (chart.limit !== undefined) { %><span class="limit-text<%= chart.limit.below ? " below" : "" %>" style="top:<%= chart.limit.topPercent %>%"><%= chart.limit.text %></span><% } %>
</div>
</figure>
<% } %>
</div>`;

const decisions = `<div class="card"><table class="stack">
<thead><tr><th>Time</th><th>Judged</th><th>Weight</th><th>Verdict</th><th>Why</th><th>Checks</th></tr></thead>
<tbody>
<% for (const stage of it.stages) { %>
<tr><td class="n"><%= stage.time %></td><td><%= stage.subject %></td><td class="n"><%= stage.weight %>%<span class="bar"><i style="width:<%= stage.weight %>%"></i></span></td><td><span class="v <%= stage.kind %>"><%= stage.verdict %></span></td><td class="why"><%= stage.sentence %></td><td class="n" data-label="checks"><%= stage.checks %></td></tr>
<% } %>
</tbody>
</table></div>`;

const commands = `<div class="card"><table class="stack">
<thead><tr><th>Time</th><th>Asked</th><th>Who and why</th><th>Until</th></tr></thead>
<tbody>
<% for (const command of it.commands) { %>
<tr><td class="n"><%= command.time %></td><td><span class="v"><%= command.command %></span></td><td class="why"><%= command.text %></td><td class="n" data-label="until"><%= command.until %></td></tr>
<% } %>
</tbody>
</table></div>`;

const said = `<div class="card"><table class="stack">
<thead><tr><th>Time</th><th>Phase</th><th>Canary</th><th>Message</th></tr></thead>
<tbody>
<% for (const said of it.announcements) { %>
<tr><td class="n"><%= said.time %></td><td><%= said.phase %></td><td class="n"><%= said.weight %>%</td><td class="why tone <%= said.kind %>"><%= said.message %></td></tr>
<% } %>
</tbody>
</table></div>`;

const checks = `<div class="card wide" tabindex="0" role="region" aria-label="All checks"><table class="stack">
<thead><tr><th>Time</th><th>Metric</th><th>Verdict</th><th>Value</th><th>Limit</th><th>Requests</th><th>Evidence against</th><th>Split</th><th>Sentence</th></tr></thead>
<tbody>
<% for (const check of it.checks) { %>
<tr><td class="n"><%= check.time %></td><td><%= check.metric %></td><td><span class="v <%= check.verdict %>"><%= check.verdict %></span></td><td class="n" data-label="value"><%= check.value %></td><td class="n" data-label="limit"><%= check.limit %></td><td class="n" data-label="requests"><%= check.requests %></td><td class="n" data-label="evidence against"><%= check.confidence %></td><td class="n" data-label="split"><%= check.split %></td><td class="why"><%= check.sentence %></td></tr>
<% } %>
</tbody>
</table></div>`;

const facts = `<dl class="facts<%= it.kind %>">
<% for (const fact of it.facts) { %><div<% if (it.kind !== "") { %> class="card"<% } %>><dt><%= fact.title %></dt><dd<% if (fact.code) { %> class="mono"<% } %>><%= fact.value %><% if (fact.more) { %> <small><%= fact.more %></small><% } %></dd></div><% } %>
</dl>`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title><%= it.title %></title>
<style><%~ it.style %></style>
</head>
<body>
<main>
<div class="top"><h1><%= it.release %></h1><span class="badge <%= it.tone %>"><%= it.outcome %></span></div>
<%~ include("@facts", { kind: "", facts: it.facts }) %>
<% if (it.reason !== "") { %><div class="card reason <%= it.tone %>"><p><%= it.reason %></p></div><% } %>
<% if (it.note !== "") { %><p class="quiet"><%= it.note %></p><% } %>
<%~ include("@facts", { kind: " figures", facts: it.figures }) %>
<% if (it.charts.length > 0) { %><h2>Over time</h2>
<%~ include("@charts", it) %><% } %>
<% if (it.stages.length > 0) { %><h2>Decisions</h2>
<%~ include("@decisions", it) %><% } %>
<% if (it.commands.length > 0) { %><h2>What people asked</h2>
<%~ include("@commands", it) %><% } %>
<h2>Said</h2>
<%~ include("@said", it) %>
<% if (it.checks.length > 0) { %><details><summary>All checks (<%= it.checks.length %>)</summary>
<%~ include("@checks", it) %>
</details><% } %>
<details><summary>Settings</summary>
<div class="card"><pre><%= it.settings %></pre></div>
</details>
</main>
</body>
</html>
`;

/** By the names under which they include each other. */
export const templates = { charts, decisions, commands, said, checks, facts, page } as const;

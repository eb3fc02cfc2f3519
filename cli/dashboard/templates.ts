/** Eta templates. Every value is escaped; what is put in as it stands was rendered by another of these. */

const share = `<div class="share <%= it.tone %>"><b><%= it.weight %>%</b><span class="bar"><i style="width:<%= it.weight %>%"></i><% if (it.planned > 0) { %><u style="left:<%= it.planned %>%"></u><% } %></span></div>`;

const releases = `<% if (it.releases.length === 0) { %><p class="card empty">No releases here yet.</p><% } else { %>
<div class="releases">
<% for (const release of it.releases) { %>
<a class="card release" href="<%= release.href %>">
<div class="top"><strong><%= release.name %></strong><span class="badge <%= release.tone %>"><%= release.phase %></span></div>
<small><%= release.namespace %> · <%= release.revision %><% for (const extra of release.extras) { %> · <%= extra %><% } %></small>
<%~ include("@share", release) %>
<p class="quiet"><%= release.message %></p>
<small><%= release.since %></small>
</a>
<% } %>
</div><% } %>`;

const head = `<div class="top"><h1><%= it.name %></h1><span class="badge <%= it.tone %>"><%= it.phase %></span></div>
<dl class="facts">
<% for (const fact of it.facts) { %><div><dt><%= fact.title %></dt><dd<% if (fact.code) { %> class="mono"<% } %>><%= fact.value %></dd></div><% } %>
</dl>
<% if (it.message !== "") { %><div class="card reason <%= it.tone %>"><p><%= it.message %></p></div><% } %>
<% for (const asked of it.asked) { %><div class="card reason open"><p><strong><%= asked.command %></strong> is asked for: <%= asked.text %></p></div><% } %>`;

const now = `<div class="now">
<div class="card"><strong>Canary's share</strong>
<%~ include("@share", it) %>
<span class="quiet"><%= it.plan %></span></div>
<div class="card"><% if (it.checks.length === 0) { %><p class="quiet">No checks of this run yet.</p><% } else { %><table class="stack">
<thead><tr><th>Metric</th><th>Verdict</th><th>Value</th><th>Limit</th><th>Requests</th><th>Evidence against</th></tr></thead>
<tbody>
<% for (const check of it.checks) { %><tr><td><%= check.metric %></td><td><span class="v <%= check.verdict %>"><%= check.verdict %></span></td><td class="n" data-label="value"><%= check.value %></td><td class="n" data-label="limit"><%= check.limit %></td><td class="n" data-label="requests"><%= check.requests %></td><td class="n evidence <%= check.verdict %>" data-label="evidence"><%= check.confidence %><span class="bar"><i style="width:<%= check.percent %>%"></i></span></td></tr>
<% } %></tbody></table><% } %></div>
</div>`;

const steps = `<% if (it.steps.length > 0) { %><h2>Step in</h2>
<div class="card steps"><% for (const step of it.steps) { %><span><%= step.title %></span><code><%= step.line %></code><% } %></div><% } %>`;

const events = `<% if (it.events.length > 0) { %><h2>Events</h2>
<div class="card"><table class="stack">
<thead><tr><th>Age</th><th>Type</th><th>Message</th></tr></thead>
<tbody>
<% for (const event of it.events) { %><tr><td class="n"><%= event.age %></td><td><%= event.type %></td><td class="why tone <%= event.kind %>"><%= event.message %></td></tr>
<% } %></tbody></table></div><% } %>`;

const titled = `<% if (it.body !== "") { %><h2><%= it.title %></h2>
<% if (it.note !== "") { %><p class="quiet"><%= it.note %></p><% } %><%~ it.body %><% } %>`;

const trouble = `<div class="card reason bad"><p><%= it.message %></p></div>`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title><%= it.title %></title>
<link rel="icon" href="data:,">
<style><%~ it.style %></style>
<script src="<%= it.script %>" defer></script>
</head>
<body data-events="<%= it.events %>">
<main>
<div class="top"><% if (it.up !== "") { %><a class="path" href="<%= it.up %>">← all releases</a><% } else { %><h1>Releases</h1><% } %><span class="live" id="live" role="status">live</span></div>
<div id="trouble"><%~ it.sections.trouble ?? "" %></div>
<% for (const [id, html] of Object.entries(it.sections)) { if (id !== "trouble") { %><section id="<%= id %>"><%~ html %></section>
<% } } %>
</main>
</body>
</html>
`;

/** By the names under which they include each other. */
export const templates = { share, releases, head, now, steps, events, titled, trouble, page } as const;

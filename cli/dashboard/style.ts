/** What the dashboard needs beside the report's looks. */
export const style = `
.work { --tone: var(--work); --mark: var(--primary); }
.live { color: var(--quiet); font-size: 13px; margin-left: auto; white-space: nowrap; }
.live::before { background: var(--pass-mark); border-radius: 50%; content: ""; display: inline-block; height: 8px; margin-right: 7px; width: 8px; }
.live.lost::before { background: var(--end-mark); }
.path { display: inline-block; font-size: 14px; margin-bottom: 10px; text-decoration: none; }
.path:hover, .release:hover strong { text-decoration: underline; }
.releases { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); margin-top: 22px; }
.release { color: inherit; display: block; text-decoration: none; }
.release:focus-visible { outline: 2px solid var(--primary); outline-offset: 2px; }
.release .top { justify-content: space-between; }
.release strong { font-size: 16px; overflow-wrap: anywhere; }
.release p { -webkit-box-orient: vertical; -webkit-line-clamp: 2; display: -webkit-box; font-size: 14px; line-clamp: 2; margin: 10px 0 0; min-height: 2lh; overflow: hidden; }
.release small { color: var(--quiet); font-size: 13px; }
.share { align-items: center; display: flex; gap: 10px; margin-top: 12px; }
.share b { font-size: 15px; font-variant-numeric: tabular-nums; min-width: 3.2em; }
.share .bar { flex: 1; height: 8px; margin: 0; position: relative; width: auto; }
.share .bar i { background: var(--tone, var(--quiet)); transition: width 0.6s; }
.share .bar u { background: var(--quiet); height: 100%; position: absolute; top: 0; width: 2px; }
.now { display: grid; gap: 16px; grid-template-columns: minmax(0, 2fr) minmax(0, 5fr); margin-top: 20px; }
.now .share { margin: 10px 0 14px; }
.now .share b { font-size: 30px; min-width: 2.6em; }
.steps code { display: block; margin-top: 6px; }
.steps span { color: var(--quiet); display: block; font-size: 13px; margin-top: 12px; }
.steps span:first-of-type { margin-top: 0; }
.evidence { min-width: 96px; }
.evidence .bar { width: 100%; }
.evidence .bar i { background: var(--tone, var(--quiet)); }
.empty { margin-top: 22px; }
@media (max-width: 720px) {
  .now { grid-template-columns: minmax(0, 1fr); }
  .evidence { min-width: 0; }
  .evidence .bar { display: none; }
}
@media (prefers-reduced-motion: reduce) { .share .bar i { transition: none; } }
`;

/** The style of a trace's page. It asks for nothing from anywhere: no fonts, no images. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #e3e6eb; --grid: #eceff3; --text: #1c2330; --soft: #667085; --code: #f4f6f8;
  --ok: #1f9d6b; --bad: #d9444a; --open: #8a94a6; --accent: #3b6fe0;
  --connect: #35a7d8; --order: #8b7cf0; --model: #6d9df2; --approval: #efa52e; --shared: #21b3a2; --lock: #e36fae; --backoff: #ef7d5a; --rate: #d9b51f; --slot: #9aa7bb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --card: #181e27; --line: #2a323e; --grid: #232b36; --text: #e6eaf0; --soft: #93a0b4; --code: #11161d;
    --ok: #34b883; --bad: #ee6a6e; --open: #76839a; --accent: #7ea4ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 22px; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 15px; margin: 0; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
.soft { color: var(--soft); font-weight: 400; }
.facts { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; padding: 0; list-style: none; }
.facts li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 8px 16px; min-width: 96px; }
.facts b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.facts .bad b { color: var(--bad); }
.notes { margin: 0 0 18px; padding: 0; list-style: none; }
.notes li { border-left: 3px solid var(--approval); background: var(--card); padding: 6px 12px; margin: 6px 0; border-radius: 0 8px 8px 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.notes .bad { border-color: var(--bad); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 0 0 18px; overflow: hidden; }
.card > header { padding: 14px 18px 10px; }
.said { margin: 6px 0 0; padding-left: 12px; border-left: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 12em; overflow: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 18px; padding: 0; list-style: none; color: var(--soft); font-size: 12px; }
.legend svg { width: 12px; height: 12px; vertical-align: -1px; margin-right: 6px; border-radius: 3px; }
.row, .axis { display: grid; grid-template-columns: minmax(180px, 26%) 1fr 72px 84px; gap: 14px; align-items: center; padding: 0 18px; }
.axis { color: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; padding-bottom: 4px; }
.axis span { display: grid; grid-template-columns: repeat(4, 1fr); }
.axis i { font-style: normal; display: flex; justify-content: space-between; white-space: nowrap; }
.run { border-top: 1px solid var(--line); }
.run > summary { cursor: pointer; list-style: none; min-height: 34px; }
.run > summary::-webkit-details-marker { display: none; }
.run > summary:hover, .run[open] > summary { background: var(--code); }
.run > summary:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who::before { content: "\\25B8"; color: var(--soft); display: inline-block; width: 16px; }
.run[open] .who::before { content: "\\25BE"; }
.who b { font-weight: 600; }
.bar { display: block; width: 100%; height: 16px; background: linear-gradient(to right, var(--grid) 1px, transparent 1px) 0 0 / 25% 100%; border-right: 1px solid var(--grid); }
.overview { padding: 0 18px 14px; } .overview .row { padding: 3px 0; grid-template-columns: 60px 1fr; } .overview .axis { padding: 2px 0 0; grid-template-columns: 60px 1fr; }
.ms { text-align: right; font-variant-numeric: tabular-nums; }
.state { font-size: 12px; font-weight: 600; } .state.ok { color: var(--ok); } .state.bad { color: var(--bad); } .state.open { color: var(--open); }
.fill-ok { fill: var(--ok); } .fill-bad { fill: var(--bad); } .fill-open { fill: var(--open); } .fill-idle { fill: var(--line); } .fill-accent { fill: var(--accent); } .fill-servers { fill: var(--connect); }
.fill-connect { fill: var(--connect); } .fill-order { fill: var(--order); } .fill-model { fill: var(--model); } .fill-approval { fill: var(--approval); } .fill-shared { fill: var(--shared); }
.fill-lock { fill: var(--lock); } .fill-backoff { fill: var(--backoff); } .fill-rate { fill: var(--rate); } .fill-slot { fill: var(--slot); }
.detail { padding: 4px 18px 16px 34px; background: var(--code); }
.detail dl { display: grid; grid-template-columns: 90px 1fr; gap: 6px 14px; margin: 0; }
.detail dt { color: var(--soft); } .detail dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: 10px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 26em; overflow: auto; }
.card > footer { display: flex; flex-wrap: wrap; gap: 4px 18px; justify-content: space-between; padding: 10px 18px; border-top: 1px solid var(--line); font-variant-numeric: tabular-nums; }
.feed::before { content: "\\2192\\00A0"; color: var(--soft); }
@media (max-width: 760px) {
  main { padding: 16px 10px 40px; }
  .row, .axis { grid-template-columns: minmax(110px, 34%) 1fr 60px; gap: 8px; padding: 0 12px; }
  .state { display: none; }
}
@media (max-width: 520px) { .axis i:nth-child(even) { visibility: hidden; } }
@media print { .run > summary:hover { background: none; } .card { break-inside: avoid; } }
`;

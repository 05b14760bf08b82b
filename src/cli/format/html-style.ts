/** The look of the page: two columns a timeline, a dotted rail where a task is suspended, red where it goes wrong. */
export const PAGE_STYLE = `
:root {
  --page: #f6f7f9; --card: #fff; --ink: #1c2128; --faint: #667080; --edge: #dde1e7; --code: #f0f2f5;
  --error: #c6283a; --error-soft: #fdeaec; --warning: #9a6700; --read: #0a69b8; --write: #1a7f4b; --suspend: #9a6700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #171c23; --ink: #e4e8ee; --faint: #8d97a5; --edge: #2b323c; --code: #1f2630;
    --error: #ff7b86; --error-soft: #3a1a20; --warning: #e0b040; --read: #6cb6ff; --write: #57c98a; --suspend: #e0b040;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.7rem; letter-spacing: -0.02em; }
h2 { margin: 2.2rem 0 .8rem; font-size: 1rem; overflow-wrap: anywhere; }
h2 small { margin-left: .4rem; color: var(--faint); font-weight: normal; }
p { margin: .5rem 0; }
code, .place, .line { font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
p code, .note code, .heads code { padding: .05em .3em; border-radius: 4px; background: var(--code); }
.totals { color: var(--faint); font-size: 1.05rem; }
.rules { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none; }
.rules li { padding: .15rem .7rem; border: 1px solid var(--edge); border-radius: 99px; background: var(--card); font-size: .85rem; }
article { margin: 0 0 1.1rem; padding: 1rem 1.15rem; border: 1px solid var(--edge); border-left: 4px solid var(--warning); border-radius: 10px; background: var(--card); }
article.error { border-left-color: var(--error); }
.badge { padding: .1rem .55rem; border-radius: 99px; background: var(--warning); color: var(--card); font-size: .75rem; font-weight: 600; }
.error .badge { background: var(--error); }
.place { overflow-wrap: anywhere; }
.rule { float: right; color: var(--faint); font-size: .85rem; }
.why { color: var(--faint); font-size: .9rem; }
.timeline { display: grid; margin-top: .9rem; overflow: hidden; border: 1px solid var(--edge); border-radius: 8px; }
.timeline > div { display: grid; grid-template-columns: 1fr 1fr; }
.heads { border-bottom: 1px solid var(--edge); background: var(--code); font-weight: 600; }
.heads div { padding: .4rem .9rem; overflow-wrap: anywhere; }
.timeline > div > div + div { border-left: 1px solid var(--edge); }
.step { min-width: 0; padding: .4rem .9rem; }
.step > code { display: inline-block; max-width: calc(100% - 3.4em); overflow-x: auto; vertical-align: top; white-space: pre; }
.line { display: inline-block; width: 2.6em; padding-right: .8em; color: var(--faint); text-align: right; user-select: none; }
.note { display: block; padding-left: 2.9em; font-size: .9rem; }
.read .note b { color: var(--read); } .write .note b { color: var(--write); } .suspend .note, .suspend .note b { color: var(--suspend); }
.wrong { background: var(--error-soft); } .wrong .note { color: var(--error); font-weight: 600; }
.rail { background: no-repeat 3.4em 0 / 2px 100%; }
.rail.suspended { background-image: repeating-linear-gradient(var(--suspend) 0 3px, transparent 3px 8px); }
.rail.running { background-image: linear-gradient(var(--edge), var(--edge)); }
.frame { margin-top: .9rem; padding: .4rem 0; overflow-x: auto; border: 1px solid var(--edge); border-radius: 8px; }
.frame div { padding: 0 .9rem; white-space: pre; }
.frame .reported { background: var(--error-soft); }
.warning .frame .reported { background: color-mix(in srgb, var(--warning) 15%, transparent); }
.problems li { overflow-wrap: anywhere; }
.empty { padding: 2rem; border: 1px dashed var(--edge); border-radius: 10px; text-align: center; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 640px) { .rule { float: none; display: block; } .note { padding-left: 0; } .line { width: auto; } }
@media print { body { background: none; } article { break-inside: avoid; } }
`;

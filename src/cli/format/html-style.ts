/** The look of the page: a lane for each task with a rail that is dotted while it is suspended, and red where it goes wrong. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #1b2129; --faint: #5c6675; --edge: #dce0e6; --code: #f3f5f8; --shadow: 0 1px 2px #10203014, 0 4px 16px #1020300a;
  --error: #bf2236; --error-soft: #fdecee; --warning: #8a5a00; --warning-soft: #fdf4e0; --good: #1a7f4b;
  --one: #2563b8; --one-soft: #eef4fc; --two: #7a3fb0; --two-soft: #f6effc; --suspend: #8a5a00; --string: #1a6f45; --keyword: #8a3fa0; --comment: #6b7482;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #161b22; --ink: #e3e8ee; --faint: #929dac; --edge: #2a313b; --code: #1c222b; --shadow: none;
    --error: #ff7d88; --error-soft: #3a1a20; --warning: #e3b341; --warning-soft: #33280f; --good: #57c98a;
    --one: #6cb0f8; --one-soft: #16222f; --two: #c79bf2; --two-soft: #231b2e; --suspend: #e3b341; --string: #7fd1a5; --keyword: #d3a4e8; --comment: #8b95a3;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; }
body { margin: 0 auto; padding: 2rem 1.5rem 3rem; max-width: 1240px; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
a { color: inherit; text-decoration-color: var(--edge); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--one); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; z-index: 2; padding: .5rem .9rem; border-radius: 8px; background: var(--card); }
h1 { margin: 0 0 1rem; font-size: 1.6rem; letter-spacing: -.02em; }
h2 { position: sticky; top: 0; z-index: 1; margin: 2rem 0 .8rem; padding: .7rem 0 .6rem; border-bottom: 1px solid var(--edge); background: var(--page); font: 600 .95rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
h2 small { margin-left: .5rem; color: var(--faint); font: .85rem system-ui, sans-serif; }
h3 { margin: .7rem 0 .3rem; font-size: 1.08rem; font-weight: 600; line-height: 1.4; }
p { margin: .3rem 0; max-width: 105ch; }
code, .place, .rule, .line { font: .87em/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
h3 code, p code, .note code, .heads code, nav code { padding: .08em .3em; border-radius: 4px; background: var(--code); overflow-wrap: anywhere; }
.figures, .rules { display: flex; flex-wrap: wrap; margin: 0 0 1rem; padding: 0; list-style: none; }
.figures { gap: .8rem; }
.figures li { min-width: 8.5rem; padding: .7rem 1.1rem; border: 1px solid var(--edge); border-radius: 12px; background: var(--card); box-shadow: var(--shadow); color: var(--faint); }
.figures b { display: block; font-size: 1.9rem; line-height: 1.15; color: var(--ink); font-variant-numeric: tabular-nums; }
.figures .error b { color: var(--error); } .figures .warning b { color: var(--warning); } .figures .none b { color: var(--good); }
.rules { gap: .45rem; }
.rules li { padding: .12rem .7rem; border: 1px solid var(--edge); border-radius: 99px; background: var(--card); font-size: .84rem; }
.filter { display: flex; gap: 1.1rem; margin: 0 0 1rem; padding: 0; border: 0; color: var(--faint); font-size: .9rem; }
.filter legend { float: left; margin-right: 1.1rem; padding: 0; }
.filter input { accent-color: var(--one); vertical-align: -.1em; }
body:has(#show-errors:not(:checked)) :is(article, nav li).error, body:has(#show-warnings:not(:checked)) :is(article, nav li).warning { display: none; }
body:has(#show-errors:not(:checked)) :is(main section, nav div):not(.problems, :has(.warning)), body:has(#show-warnings:not(:checked)) :is(main section, nav div):not(.problems, :has(.error)) { display: none; }
nav { border: 1px solid var(--edge); border-radius: 12px; background: var(--card); box-shadow: var(--shadow); }
nav summary { padding: .7rem 1.1rem; font-weight: 600; cursor: pointer; }
nav details { padding-bottom: .3rem; } nav details:not([open]) { padding: 0; }
nav div { padding: .2rem 1.1rem .7rem; }
nav .place { margin: 0 0 .15rem; color: var(--faint); }
nav ol { margin: 0; padding: 0; list-style: none; }
nav li a { display: grid; grid-template-columns: 3.2em 1fr; align-items: baseline; padding: .14rem .3rem; border-left: 3px solid var(--warning); text-decoration: none; }
nav li.error a { border-color: var(--error); }
nav li a:hover { background: var(--code); }
article { margin: 0 0 1.2rem; padding: 1rem 1.2rem 1.2rem; border: 1px solid var(--edge); border-left: 4px solid var(--warning); border-radius: 12px; background: var(--card); box-shadow: var(--shadow); }
article.error { border-left-color: var(--error); }
article:target { outline: 2px solid var(--one); outline-offset: 3px; }
article header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .8rem; }
.badge { padding: .06rem .6rem; border-radius: 99px; background: var(--warning-soft); color: var(--warning); font-size: .78rem; font-weight: 600; }
.error .badge { background: var(--error-soft); color: var(--error); }
.place { overflow-wrap: anywhere; }
.rule { margin-left: auto; color: var(--faint); overflow-wrap: anywhere; }
.why { color: var(--faint); }
.code { display: grid; grid-template-columns: 3.2em minmax(0, 1fr); }
.code code { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 1.2em; text-indent: -1.2em; }
.line { padding-right: .9em; color: var(--faint); text-align: right; user-select: none; }
.keyword { color: var(--keyword); } .string { color: var(--string); } .comment { color: var(--comment); font-style: italic; }
.pause { color: var(--suspend); font-weight: 600; }
.timeline, .frame { margin-top: 1rem; overflow: hidden; border: 1px solid var(--edge); border-radius: 10px; }
.heads, .row { display: grid; grid-template-columns: 1fr 1fr; }
.heads > div { padding: .5rem 1rem; border-bottom: 1px solid var(--edge); font-weight: 600; overflow-wrap: anywhere; }
.heads .task-1 { background: var(--one-soft); color: var(--one); } .heads .task-2 { background: var(--two-soft); color: var(--two); }
.heads code { padding: 0; background: none; }
.heads > div + div, .row > div + div { border-left: 1px solid var(--edge); }
.task-1 { --lane: var(--one); } .task-2 { --lane: var(--two); }
.step { position: relative; min-width: 0; padding: .38rem .9rem .38rem 2.6rem; }
.sign { position: absolute; left: 1rem; top: .55rem; width: 1.25rem; height: 1.25rem; border: 2px solid var(--lane); border-radius: 50%; background: var(--card); color: var(--lane); font-size: .72rem; line-height: 1.05rem; text-align: center; }
.step .note { display: block; padding-left: 3.2em; font-size: .92rem; color: var(--faint); }
.step.write .note, .step.resume .note, .step.read .note { color: var(--ink); }
.step.suspend .note { color: var(--suspend); }
.step.write .sign { background: var(--lane); color: var(--card); }
.step.suspend .sign { border-color: var(--suspend); color: var(--suspend); }
.step.wrong { background: var(--error-soft); } .step.wrong .note { color: var(--error); font-weight: 600; }
.step.wrong .sign { border-color: var(--error); background: var(--error); color: var(--card); }
.way::before, .way::after, .rail::before { content: ""; position: absolute; left: calc(1.625rem - 1px); width: 2px; }
.way::before { top: 0; height: .55rem; } .way::after { top: 1.8rem; bottom: 0; } .rail::before { top: 0; bottom: 0; }
.rail { position: relative; }
.row.task-1 .rail { --lane: var(--two); } .row.task-2 .rail { --lane: var(--one); }
.from-running::before, .to-running::after, .rail.running::before { background: var(--lane); }
.from-suspended::before, .to-suspended::after, .rail.suspended::before { background: repeating-linear-gradient(var(--suspend) 0 4px, transparent 4px 8px); }
.frame { padding: .5rem 0; }
.frame > div { padding: 0 .9rem; }
.frame .reported { background: var(--warning-soft); box-shadow: inset 3px 0 var(--warning); }
.error .frame .reported { background: var(--error-soft); box-shadow: inset 3px 0 var(--error); }
.problems li { overflow-wrap: anywhere; }
.empty { padding: 3rem; border: 1px dashed var(--edge); border-radius: 12px; text-align: center; color: var(--good); }
footer { margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--edge); color: var(--faint); font-size: .88rem; }
footer .sign { position: static; display: inline-block; --lane: var(--faint); margin-left: .9rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media screen and (max-width: 760px) {
  body { padding: 1.2rem .8rem 2rem; }
  .figures li { flex: 1; min-width: 6rem; padding: .5rem .8rem; }
  .rule { margin-left: 0; width: 100%; }
  nav div { padding-left: .8rem; padding-right: .8rem; }
  article { padding: .8rem .8rem 1rem; }
  .heads, .row { grid-template-columns: minmax(0, 1fr); }
  .heads > div + div, .row > div + div { border-left: 0; }
  .rail { display: none; }
  .step { padding-left: 2.4rem; padding-right: .5rem; }
  .row.task-1 .step { box-shadow: inset 4px 0 var(--one); } .row.task-2 .step { box-shadow: inset 4px 0 var(--two); }
  .heads .task-1 { box-shadow: inset 4px 0 var(--one); } .heads .task-2 { box-shadow: inset 4px 0 var(--two); }
  .way { display: none; }
  .code { grid-template-columns: 2.4em minmax(0, 1fr); } .step .note { padding-left: 2.4em; }
}
@media print {
  html { font-size: 12px; }
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --faint: #444; --edge: #bbb; --code: #f3f3f3; --shadow: none; --error: #a01020; --error-soft: #fbe6e8; --warning: #6a4500; --warning-soft: #fbf2dd; --one: #1d4f96; --one-soft: #eef4fc; --two: #63309a; --two-soft: #f6effc; --suspend: #6a4500; --string: #14563a; --keyword: #6d2f80; --comment: #555; }
  body { max-width: none; padding: 1px; font-size: 8.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { position: static; margin-top: 1.2rem; break-after: avoid; } .figures li { padding: .3rem .8rem; }
  article { margin-bottom: .7rem; padding: .6rem .8rem .8rem; break-inside: avoid-page; } .timeline, .frame { margin-top: .5rem; } .row, .frame > div { break-inside: avoid; }
  .skip, .filter, nav { display: none; }
}
`;

/** The style of the pages; its digest is in their Content-Security-Policy, so that no other is taken. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --text: #1c1e21; --back: #fff; --quiet: #5c6068; --line: #d9dce1; --link: #0b57b7; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e9eb; --back: #17181b; --quiet: #a3a7af; --line: #383b41; --link: #8ab8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 44rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 1.5rem 0 0; padding-bottom: .25rem; font-size: 1rem; border-bottom: 1px solid var(--line); }
ul { margin: 0; padding: 0; list-style: none; }
li { display: flex; gap: 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
li div { min-width: 0; }
p { margin: .25rem 0 0; }
a { color: var(--link); }
nav { display: flex; justify-content: space-between; margin: 1.5rem 0; min-height: 2.75rem; align-items: center; }
.time { flex: 0 0 7rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.about, .place { color: var(--quiet); }
.words { white-space: pre-line; }
@media (max-width: 30rem) { li { flex-direction: column; gap: 0; } .time { flex: none; } }
`;

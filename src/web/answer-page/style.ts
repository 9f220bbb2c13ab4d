/** The style of the answer page; its digest is in the Content-Security-Policy. Every pair of colours has a contrast of 4.5 at least. */
export const ANSWER_STYLE = `
:root {
  color-scheme: light dark;
  --back: #f3f4f7; --card: #fff; --text: #1b1e24; --quiet: #565c68; --line: #d6dae2; --edge: #7c8493;
  --strong: #1d4fa8; --on-strong: #fff; --tint: #e9f0fd; --leaf: #1d4fa8;
  --good: #14613a; --good-back: #e4f4ea; --bad: #a3211c; --bad-back: #fdecea; --shadow: 0 1px 2px #0f172a14, 0 8px 24px #0f172a0f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14161a; --card: #1d2026; --text: #e9ebef; --quiet: #a9b0bc; --line: #363b45; --edge: #868e9c;
    --strong: #9cc0ff; --on-strong: #0e1a30; --tint: #24324c; --leaf: #2d5aa8;
    --good: #8fdcae; --good-back: #1b3325; --bad: #ffb0aa; --bad-back: #3d1f1d; --shadow: none;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: var(--text); background: var(--back); overflow-wrap: anywhere; }
main { max-width: 38rem; margin: 0 auto; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: 1.25rem; box-shadow: var(--shadow); }
h1 { margin: 0; font-size: 1.625rem; line-height: 1.25; font-weight: 650; text-wrap: balance; }
h2 { margin: 0 0 .75rem; font-size: 1.125rem; line-height: 1.3; font-weight: 650; }
p { margin: 0; }
a { color: var(--strong); text-underline-offset: .15em; }
.kind { color: var(--quiet); font-size: .875rem; font-weight: 600; }
.from { color: var(--quiet); margin-top: .25rem; }
.off h1 { text-decoration: line-through; text-decoration-thickness: 1px; }
.head { display: flex; gap: 1rem; align-items: flex-start; }
.leaf { flex: none; width: 4rem; text-align: center; border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; line-height: 1.2; }
.leaf span { display: block; }
.leaf .month { background: var(--leaf); color: #fff; font-size: .8125rem; font-weight: 600; padding: .2rem 0; }
.leaf .day { font-size: 1.625rem; font-weight: 650; padding-top: .3rem; }
.leaf .weekday { font-size: .8125rem; color: var(--quiet); padding-bottom: .35rem; }
dl { margin: 1.25rem 0 0; display: grid; gap: .875rem; }
dt { font-size: .875rem; color: var(--quiet); font-weight: 600; }
dd { margin: 0; }
dd p + p { margin-top: .125rem; }
.quiet, .hint { color: var(--quiet); font-size: .9375rem; }
.rule::first-letter { text-transform: uppercase; }
.words { white-space: pre-line; }
.hint + :is(input, textarea, select), .fault + * { margin-top: .375rem; }
fieldset:has(#scope-all:checked) .days { display: none; }
.people { margin: 0; padding: 0; list-style: none; display: grid; gap: .125rem; }
.note { border-radius: .75rem; padding: .875rem 1rem; border: 1px solid; font-weight: 550; }
.note.good { color: var(--good); background: var(--good-back); }
.note.bad { color: var(--bad); background: var(--bad-back); }
.note h2 { margin-bottom: .25rem; font-size: 1rem; }
.note ul { margin: 0; padding-left: 1.25rem; }
.note a { color: inherit; }
.note:focus { outline: none; }
.now { margin-bottom: 1rem; }
.state { font-weight: 650; }
form { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .5rem; font-weight: 600; }
label { font-weight: 600; display: block; margin-bottom: .25rem; }
.choices { display: grid; gap: .5rem; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.choices.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.choice { display: flex; gap: .5rem; align-items: center; justify-content: center; min-height: 3rem; margin: 0; padding: .5rem .625rem; border: 1px solid var(--edge); border-radius: .75rem; cursor: pointer; }
.choice:hover { background: var(--tint); }
.choice:has(:checked) { background: var(--tint); border-color: var(--strong); box-shadow: inset 0 0 0 1px var(--strong); }
.choice:has(:focus-visible) { outline: 3px solid var(--strong); outline-offset: 2px; }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; flex: none; accent-color: var(--strong); outline: none; }
.scope { margin-top: .75rem; }
.pair { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); }
select, textarea, input[type=number], input[type=date], input[type=time] { width: 100%; min-height: 2.75rem; padding: .5rem .625rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: .625rem; }
textarea { min-height: 5rem; resize: vertical; }
input[type=number] { max-width: 8rem; }
input[aria-invalid=true]:not([type=radio]), textarea[aria-invalid=true], select[aria-invalid=true] { border-color: var(--bad); border-width: 2px; }
:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
button { justify-self: start; min-height: 3rem; padding: .625rem 1.5rem; font: inherit; font-weight: 650; color: var(--on-strong); background: var(--strong); border: 1px solid transparent; border-radius: .75rem; cursor: pointer; }
button.second { color: var(--strong); background: transparent; border-color: var(--edge); }
button:hover { filter: brightness(1.08); }
.fault { color: var(--bad); font-size: .9375rem; font-weight: 600; }
details > summary { cursor: pointer; font-weight: 650; font-size: 1.0625rem; padding: .25rem 0; border-radius: .25rem; }
details[open] > summary { margin-bottom: .75rem; }
.links { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; }
.links a { display: inline-flex; align-items: center; min-height: 2.75rem; padding: .375rem .875rem; border: 1px solid var(--edge); border-radius: .75rem; text-decoration: none; font-weight: 600; }
.links a:hover { background: var(--tint); }
.links + .hint { margin-top: .625rem; }
footer { max-width: 38rem; margin: 1rem auto 0; padding: 0 .25rem 1rem; font-size: .875rem; color: var(--quiet); }
@media (max-width: 26rem) {
  body { padding: .5rem; }
  .card { padding: 1rem; border-radius: .875rem; }
  h1 { font-size: 1.375rem; }
  .leaf { width: 3.25rem; }
  .choices, .choices.two { grid-template-columns: minmax(0, 1fr); }
  .choice { justify-content: flex-start; }
  button { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) { .choice, button, .links a { transition: background-color .15s, border-color .15s; } }
`;

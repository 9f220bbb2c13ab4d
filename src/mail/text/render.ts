import type { MailRow, MailText } from './mail-text.ts';
import type { Words } from './words.ts';

const COLUMNS = 74;

/** Wraps at blanks; a word that is longer, such as a link, stays whole. */
function wrapped(text: string, indent = ''): string {
  return text
    .split('\n')
    .map((paragraph) => wrappedLine(paragraph, indent))
    .join('\n');
}

function wrappedLine(paragraph: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS - (lines.length === 0 ? 0 : indent.length)) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each, at) => (at === 0 ? each : `${indent}${each}`)).join('\n');
}

/** text/plain; lines end in LF. */
export function plainOf({ lead, changes, rows, answers, footer }: MailText, words: Words): string {
  const blocks = [
    wrapped(lead),
    changes.lines.length === 0
      ? ''
      : [changes.title, ...changes.lines.map((line) => wrapped(`- ${line}`, '  '))].join('\n'),
    rows.map((row) => plainRow(row, words)).join('\n'),
    answers.links.length === 0
      ? ''
      : [
          `${answers.question} ${answers.here}`,
          ...answers.links.map(({ label, url }) => `${label}${words.colon} ${url}`),
        ].join('\n'),
    `-- \n${wrapped(footer)}`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function plainRow({ label, value, was }: MailRow, words: Words): string {
  const old = was === undefined ? '' : `\n  ${wrapped(`(${words.was(was)})`, '  ')}`;
  if (value.includes('\n')) return `${label}${words.colon}\n${wrapped(value)}${old}`;
  return `${wrapped(label === '' ? value : `${label}${words.colon} ${value}`, '  ')}${old}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/** The last thing that happens to a text before it is HTML. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const STYLE = {
  body: 'font-family:sans-serif;font-size:15px;line-height:1.45;color:#1d1d1f;margin:0;padding:16px',
  label: 'text-align:left;vertical-align:top;font-weight:normal;color:#5a5a5f;padding:2px 16px 2px 0',
  value: 'vertical-align:top;padding:2px 0',
  old: 'color:#5a5a5f',
  button:
    'display:inline-block;margin:0 8px 8px 0;padding:8px 16px;border:1px solid #1a5fb4;border-radius:4px;color:#1a5fb4;text-decoration:none',
  footer: 'color:#5a5a5f;font-size:13px;border-top:1px solid #d0d0d5;padding-top:8px;margin-top:24px',
} as const;

/** text/html, which loads nothing and runs nothing; lines end in LF. */
export function htmlOf(text: MailText, words: Words): string {
  const { locale, subject, lead, changes, rows, answers, footer } = text;
  const list =
    changes.lines.length === 0
      ? ''
      : `<p>${escaped(changes.title)}</p>\n<ul>\n${changes.lines.map((line) => `<li>${escaped(line)}</li>\n`).join('')}</ul>\n`;
  const table = rows.length === 0 ? '' : `<table>\n${rows.map((row) => htmlRow(row, words)).join('')}</table>\n`;
  return `<!DOCTYPE html>
<html lang="${escaped(locale)}">
<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>
<body style="${STYLE.body}">
<p>${escaped(lead)}</p>
${list}${table}${buttonsOf(answers)}<p style="${STYLE.footer}">${escaped(footer)}</p>
</body>
</html>
`;
}

function htmlRow({ label, value, was, url }: MailRow, words: Words): string {
  const shown = escaped(value).replaceAll('\n', '<br>\n');
  const linked = url === undefined ? shown : `<a href="${escaped(url)}">${shown}</a>`;
  const old = was === undefined ? '' : `<br>\n<span style="${STYLE.old}">${escaped(words.was(was))}</span>`;
  return `<tr><th scope="row" style="${STYLE.label}">${escaped(label)}</th>\n<td style="${STYLE.value}">${linked}${old}</td></tr>\n`;
}

function buttonsOf({ question, links }: MailText['answers']): string {
  if (links.length === 0) return '';
  const buttons = links.map(
    ({ label, url }) => `<a href="${escaped(url)}" style="${STYLE.button}">${escaped(label)}</a>\n`,
  );
  return `<p>${escaped(question)}</p>\n<p>\n${buttons.join('')}</p>\n`;
}

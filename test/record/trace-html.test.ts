import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traceHtml } from '../../src/record/trace-html.ts';
import { coloursOf } from './png-colours.ts';
import { end, queue, readLinesAsTrace, sent, wait, type Line } from './trace-lines.ts';

const HOSTILE = `</title></pre></style><script>document.title='owned'</script><img src=x onerror="document.title='owned'">" ' &amp; \u202E\u0000`;

/** A run of two turns that has one of everything, and a server, a model and a file name that mean ill. */
const RUN: readonly Line[] = [
  {
    kind: 'connection-change',
    server: 'desk',
    state: { kind: 'ready', tools: 3, readyMs: 40, protocolVersion: '1' },
  },
  {
    kind: 'connection-change',
    server: HOSTILE,
    state: { kind: 'failed', reason: HOSTILE },
    time: 50,
  },
  { kind: 'server-notice', server: 'desk', code: 'x', message: HOSTILE },
  { kind: 'turn-start', turn: 1, time: 60 },
  { kind: 'text-delta', turn: 1, text: HOSTILE, time: 200 },
  { kind: 'batch-start', batch: 1, time: 200 },
  queue('a', 0),
  ...wait('a', 'slot', [0, 40]),
  sent('a', 1, 40),
  end('a', 0, { startedMs: 40, arguments: { [HOSTILE]: HOSTILE } }),
  queue('b', 1),
  ...wait('b', 'order', [0, 100]),
  sent('b', 1, 100),
  end('b', 1, {
    name: HOSTILE,
    tool: HOSTILE,
    server: HOSTILE,
    accessRule: HOSTILE,
    outcome: { kind: 'tool-error', ran: 'yes', content: [{ type: 'text', text: HOSTILE }] },
    startedMs: 100,
    endedMs: 200,
  }),
  {
    kind: 'batch-end',
    batch: 1,
    report: { wallMs: 200, sumMs: 160, longestMs: 100, speedup: 0.8 },
    time: 400,
  },
  { kind: 'turn-end', turn: 1, calls: 2, finish: HOSTILE, time: 400 },
  { kind: 'turn-start', turn: 2, time: 400 },
  { kind: 'turn-end', turn: 2, calls: 0, finish: 'stop', time: 600 },
];
const page = async (): Promise<string> => traceHtml(await readLinesAsTrace(RUN), HOSTILE);

describe('the page of a trace', () => {
  test('holds nothing but its own elements, whatever the trace says', async () => {
    const html = await page();
    const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/giu)].map(([, tag = '']) => tag));
    expect([...tags].toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      // oxfmt-ignore
      ['a', 'b', 'body', 'dd', 'details', 'div', 'dl', 'dt', 'footer', 'h1', 'h2', 'head', 'header', 'html', 'i', 'li', 'main', 'meta', 'p', 'pre', 'rect', 'section', 'span', 'style', 'summary', 'svg', 'title', 'ul'],
    );
    // No attribute out of the trace: each is one of these, and closed before any text of it.
    const bare = html.replaceAll(/<[a-z0-9]+((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)\/?>/gu, '');
    expect(
      bare.replaceAll(/<\/[a-z0-9]+>|<!doctype html>/gu, '').replace(/^[\s\S]*:root/u, ''),
    ).not.toContain('<');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('\\u{202e}');
    expect(html).not.toContain('\u202E');
    expect(html).not.toContain('\u0000');
  });

  test('asks nobody for anything: its policy forbids all but its own style, and it names no address', async () => {
    const html = await page();
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/u.exec(html)!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    const attributes = [
      ...html
        .replaceAll(/&lt;[\s\S]*?&gt;/gu, '')
        .matchAll(/ (?:href|src|url|action|xlink:href)="([^"]*)"/gu),
    ];
    expect(attributes.map(([, value]) => value)).toEqual(['#turn-2']);
    expect(style).not.toMatch(/url\(|@import/);
    expect(html).not.toMatch(/<[^>]* (?:style|on[a-z]+)="/u);
  });

  test('says of each call what it waited for, what it was given and what it returned', async () => {
    const html = await page();
    expect(html.match(/<details class="run">/gu)).toHaveLength(2);
    expect(html).toContain('<dt>Waited</dt><dd>40 ms for a free slot (slot)</dd>');
    expect(html).toMatch(/<rect class="fill-slot" x="0" y="5" width="200" height="6">/u);
    expect(html).toMatch(
      /<rect class="fill-ok" x="200" y="1" width="300" height="14"><title>try 1: 60 ms/u,
    );
    expect(html).toMatch(/<rect class="fill-bad" x="500" y="1" width="500"/u);
    expect(html).toContain('<a href="#turn-2">all 2 results went into turn 2, in call order</a>');
    expect(html).toContain('waits for an earlier call of its batch</li>');
    expect(html).not.toContain('waits for the rate limit');
  });
});

/** The first of its names that is there. */
const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-fanout-page-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Opens a page without a network, and returns what the browser wrote. */
function browse(chromium: string, address: string, args: readonly string[]): string {
  // oxfmt-ignore
  const common = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--window-size=1000,1000',
    '--host-resolver-rules=MAP * ~NOTFOUND', `--user-data-dir=${join(folder, 'profile')}`];
  const options = {
    encoding: 'utf8' as const,
    stdio: ['ignore' as const, 'pipe' as const, 'ignore' as const],
    maxBuffer: 64 * 1024 * 1024,
  };
  return execFileSync(chromium, [...common, ...args, address], options);
}

async function lookAt(chromium: string): Promise<void> {
  const path = join(folder, 'page.html');
  writeFileSync(path, await page());
  const address = pathToFileURL(path).href;
  const dom = browse(chromium, address, ['--dump-dom']);
  expect(/<title>([\s\S]*?)<\/title>/u.exec(dom)![1]).toMatch(/mcp-fanout trace$/u);
  expect(dom).not.toContain('<title>owned');
  expect(dom).not.toMatch(/<script|<img/u);

  for (const [mode, flags, ok, background] of [
    ['light', [], '#1f9d6b', '#f6f7f9'],
    ['dark', ['--blink-settings=preferredColorScheme=0'], '#34b883', '#10141b'],
  ] as const) {
    const shot = join(folder, `${mode}.png`);
    browse(chromium, address, [...flags, `--screenshot=${shot}`]);
    const colours = coloursOf(readFileSync(shot));
    // The run's bar, 300 of 1000 units wide and 14 high; the wait's line; the page around them.
    expect(colours.get(ok) ?? 0).toBeGreaterThan(1000);
    expect(colours.get('#9aa7bb') ?? 0).toBeGreaterThan(200);
    expect(colours.get(background) ?? 0).toBeGreaterThan(50_000);
  }
}

/** Where there is no browser: that each element of the page is closed where it should be. */
async function unclosed(): Promise<readonly string[]> {
  const open: string[] = [];
  const html = (await page()).replace(/<style>[\s\S]*?<\/style>/u, '');
  for (const [tag, close, name = '', self] of html.matchAll(
    /<(\/?)([a-z][a-z0-9]*)[^<>]*?(\/?)>/gu,
  )) {
    if (self === '/' || name === 'meta') continue;
    if (close === '') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, tag];
  }
  return open;
}

const HOW =
  CHROMIUM === undefined
    ? 'its elements are closed (no Chromium is here: it was parsed, not looked at)'
    : 'bars are drawn in their colours, light and dark, and no hostile text is run (headless Chromium)';
test(`the page as a browser has it: ${HOW}`, async () => {
  expect(await unclosed()).toEqual([]);
  if (CHROMIUM !== undefined) await lookAt(CHROMIUM);
}, 60_000);

import { EXPLANATIONS, explanationOf } from './explanations.ts';
import { verdictOf, type Result, type Verdict } from './result.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { green: '✓', red: '✗', idle: '○' };

/** The text of docs/conformance.md. */
export function documentOf(results: readonly Result[]): string {
  const columns = [...new Set(results.map(columnOf))];
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const cell = (scenario: string, column: string): string => {
    const result = results.find((one) => one.scenario === scenario && columnOf(one) === column);
    return result === undefined ? '' : SIGNS[verdictOf(result)];
  };
  const sum = (pick: (result: Result) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  const count = (verdict: Verdict): number =>
    results.filter((result) => verdictOf(result) === verdict).length;
  return `# Conformance

The official suite, [\`@modelcontextprotocol/conformance\`](https://www.npmjs.com/package/@modelcontextprotocol/conformance), run against the host:
\`npm run conformance\`, which writes this file. The client under test is the host as \`openHost\` gives it (\`conformance/client.ts\`); its person accepts every form and allows
every access.

Run on ${new Date().toISOString().slice(0, 10)}, the host on Node ${process.version}: **${count('green')} of ${results.length} runs green**, ${count('red')} red, ${count('idle')} idle;
${sum(({ passed }) => passed)} checks passed, ${sum(({ skipped }) => skipped)} were skipped by the suite, ${sum(({ faults }) => faults.length)} failed.

| scenario | ${columns.join(' | ')} |
|---|${columns.map(() => ':-:|').join('')}
${scenarios.map((scenario) => `| \`${scenario}\` | ${columns.map((column) => cell(scenario, column)).join(' | ')} |`).join('\n')}

✓ green: every check passed, none with a warning, and the client ended well · ✗ red · ○ idle: nothing was checked · empty: does not apply.
The columns are versions of the suite, and of the protocol that it spoke. The newest release knows none after 2025-11-25; the pre-release knows
2026-07-28. In the last column the suite chose.

## What is not green, and why

${explanations(results).join('\n') || 'Nothing.'}
`;
}

function columnOf({ suite, protocol }: Result): string {
  return protocol === undefined ? suite : `${suite}, ${protocol}`;
}

function explanations(results: readonly Result[]): readonly string[] {
  const rest = results.filter((result) => verdictOf(result) !== 'green');
  const explained = EXPLANATIONS.filter((one) =>
    rest.some((result) => explanationOf(result) === one),
  ).map(({ scenarios, suite, text }) => {
    const names = scenarios.map((scenario) => `\`${scenario}\``).join(', ');
    return `- ${names}${suite === undefined ? '' : `, suite ${suite}`}: ${text}`;
  });
  const open = rest
    .filter((result) => explanationOf(result) === undefined)
    .map(
      ({ scenario, faults }) => `- \`${scenario}\` is **not explained yet**: ${faults.join('; ')}`,
    );
  return [...explained, ...new Set(open)];
}

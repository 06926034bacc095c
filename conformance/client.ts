/**
 * The client under test: the host as it is, opened on the one server that the conformance suite gives it. The suite starts this program for each scenario, with
 * the server's address as the last argument, and MCP_CONFORMANCE_CONTEXT in the environment.
 *
 * It does what a host does: connects, and calls every tool that is offered, once; a person who is asked fills in what a form demands, and allows whatever a
 * browser shows. Exit code 0 if the server became ready.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHost, type ElicitRequest, type FormField, type JsonObject } from '../src/index.ts';
import { oauthFor } from './oauth-settings.ts';
import type { Context } from './suite-context.ts';
import { argumentsFor } from './tool-arguments.ts';

const url = process.argv.at(-1) ?? '';
// The suite's own words.
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Context;
// Tokens of one scenario are none of the next one's business.
const folder = mkdtempSync(join(tmpdir(), 'conformance-client-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(): Promise<void> {
  const oauth = await oauthFor(url, context);
  const host = await openHost(
    { mcpServers: { suite: { url, prefix: '', oauth } } },
    {
      env: {
        ...process.env,
        XDG_CONFIG_HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_STATE_HOME: folder,
      },
      onElicit: async (request) => ({ action: 'accept', content: contentFor(request) }),
      // What a browser does when its user agrees to everything.
      onAuthorize: async (request) => {
        await (await fetch(request.url)).text();
      },
      onEvent: (event) => {
        if (event.kind === 'server-notice') process.stderr.write(`${event.message}\n`);
      },
    },
  );
  const [server] = host.servers();
  process.stdout.write(`${JSON.stringify(server)}\n`);
  if (server?.state.kind !== 'ready') process.exitCode = 1;
  const tools = host.tools();
  const calls =
    context.toolCalls?.map(({ name, arguments: args }) => ({
      name,
      arguments: withoutNulls(args),
    })) ?? tools.map((tool) => ({ name: tool.exposed, arguments: argumentsFor(tool, tools) }));
  for (const { name, outcome } of await host.runBatch(calls)) {
    process.stdout.write(`${name}: ${JSON.stringify(outcome)}\n`);
  }
  await host.close();
}

/** The suite leaves out what may be left out by `null`, which the tool's schema does not allow; the host would send it back to the model for that. */
function withoutNulls(args: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

/** Only what has to be filled in: for all else the form's defaults stand. */
function contentFor(
  request: ElicitRequest,
): Record<string, string | number | boolean | readonly string[]> {
  if (request.kind === 'url') return {};
  return Object.fromEntries(
    request.fields
      .filter((field) => field.required && field.default === undefined)
      .map((field) => [field.name, valueFor(field)]),
  );
}

function valueFor(field: FormField): string | number | boolean | readonly string[] {
  switch (field.kind) {
    case 'text':
      return 'text';
    case 'number':
      return field.minimum ?? 1;
    case 'yes-no':
      return true;
    case 'choice':
      return field.options[0]?.value ?? '';
    case 'choices':
      return field.options.slice(0, field.minItems ?? 1).map(({ value }) => value);
  }
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRuntime } from 'mcporter';
import { textOf } from './text-of.mjs';

const CLI = fileURLToPath(new URL('node_modules/mcporter/dist/cli.js', import.meta.url));

/**
 * mcporter: its runtime, and its command line.
 *
 * @type {import('../race/contender.ts').Contender}
 */
export const contender = {
  open: async (servers) => {
    const runtime = await createRuntime({ servers: servers.map(definition) });
    const names = servers.map((_, index) => `s${index}`);
    await Promise.all(names.map((name) => runtime.connect(name, { disableOAuth: true })));
    return {
      call: async ({ server, tool, args }) =>
        textOf(await runtime.callTool(`s${server}`, tool, { args, disableOAuth: true })),
      tools: async () => {
        const options = { includeSchema: true, disableOAuth: true };
        const lists = await Promise.all(names.map((name) => runtime.listTools(name, options)));
        const merged = lists.flatMap((tools, index) =>
          tools.map((tool) => [`s${index}__${tool.name}`, tool]),
        );
        return [...new Map(merged).keys()];
      },
      close: () => runtime.close(),
    };
  },
  command: (errand, servers, folder) => {
    if (errand.kind !== 'call') return undefined;
    const config = join(folder, 'mcporter.json');
    const entries = servers.map(({ command, args }, index) => [`s${index}`, { command, args }]);
    writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));
    const args = [CLI, 'call', 's0.echo', '--args', JSON.stringify({ text: errand.text })];
    return { program: process.execPath, args: [...args, '--config', config] };
  },
};

function definition(server, index) {
  const command =
    server.kind === 'stdio'
      ? { kind: 'stdio', command: server.command, args: [...server.args], cwd: process.cwd() }
      : { kind: 'http', url: new URL(server.url) };
  return { name: `s${index}`, command };
}

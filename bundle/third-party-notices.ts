import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin } from 'rolldown';

/** The longest part of a path that is a package's folder. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/u;
/** Helpers that the bundler puts in are its own. */
const BUNDLERS = '\0rolldown/';

/** Writes beside a bundle the licences of all packages of which there is code in it; in several builds, the last one those of all. Throws for a package without one. */
export function thirdPartyNotices(): Plugin {
  const folders = new Set<string>();
  return {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        for (const id of output.moduleIds) {
          if (id.startsWith(BUNDLERS)) folders.add(resolve('node_modules/rolldown'));
          const [folder] = PACKAGE.exec(id.replaceAll('\\', '/')) ?? [];
          if (folder !== undefined) folders.add(folder);
        }
      }
      const source = [...folders]
        .map(noticeOf)
        .toSorted()
        .join(`\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source });
    },
  };
}

function noticeOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const name = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`;
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)/iu.test(file));
  if (files.length === 0) throw new Error(`${name}: there is no licence in ${folder}`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return `${[name, ...texts].join('\n\n')}\n`;
}

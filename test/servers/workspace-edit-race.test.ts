import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openRoot } from '../../servers/workspace/root.ts';
import { createWorkspace, type Workspace } from '../../servers/workspace/workspace.ts';
import { editFile, writeFile } from '../../servers/workspace/write-file.ts';
import { type Scratch, scratch } from './workspace-session.ts';

/** A signal that does something at the last moment before the new content is put in place. */
function atTheLastMoment(act: (abort: AbortController) => void): AbortSignal {
  const abort = new AbortController();
  const check = abort.signal.throwIfAborted.bind(abort.signal);
  let looks = 0;
  return Object.assign(abort.signal, {
    throwIfAborted: () => {
      looks += 1;
      // The first look is before the file is opened.
      if (looks === 2) act(abort);
      check();
    },
  });
}

async function open(folder: Scratch): Promise<Workspace> {
  return createWorkspace(await openRoot(folder.root));
}

describe('between reading a file and replacing it', () => {
  test('a change by another process is noticed, and kept', async () => {
    await using folder = await scratch({ 'a.txt': 'mine' });
    const workspace = await open(folder);
    const signal = atTheLastMoment(() => writeFileSync(folder.at('a.txt'), 'theirs'));
    const edits = [{ old_text: 'mine', new_text: 'ours' }];
    await expect(editFile(workspace, { path: 'a.txt', edits }, signal)).rejects.toThrow(
      'was changed by somebody else',
    );
    expect(readFileSync(folder.at('a.txt'), 'utf8')).toBe('theirs');
    expect(readdirSync(folder.root)).toEqual(['a.txt']);
  });

  test('a cancelled edit or write changes nothing and leaves no temporary file', async () => {
    await using folder = await scratch({ 'a.txt': 'mine' });
    const workspace = await open(folder);
    const edits = [{ old_text: 'mine', new_text: 'ours' }];
    const cancel = () => atTheLastMoment((abort) => abort.abort(new Error('cancelled')));
    await expect(editFile(workspace, { path: 'a.txt', edits }, cancel())).rejects.toThrow(
      'cancelled',
    );
    await expect(writeFile(workspace, { path: 'b.txt', content: 'x' }, cancel())).rejects.toThrow(
      'cancelled',
    );
    expect(readFileSync(folder.at('a.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(folder.root)).toEqual(['a.txt']);
  });

  test('a call that was cancelled while it waited its turn does nothing', async () => {
    await using folder = await scratch();
    const workspace = await open(folder);
    const abort = new AbortController();
    const first = writeFile(
      workspace,
      { path: 'a.txt', content: '1' },
      atTheLastMoment(() => abort.abort(new Error('cancelled'))),
    );
    const second = writeFile(workspace, { path: 'a.txt', content: '2' }, abort.signal);
    await expect(second).rejects.toThrow('cancelled');
    await first;
    expect(readFileSync(folder.at('a.txt'), 'utf8')).toBe('1');
  });

  test('the temporary file lies beside the file, is as private, and goes', async () => {
    await using folder = await scratch();
    writeFileSync(folder.at('key'), 'old', { mode: 0o600 });
    const workspace = await open(folder);
    const seen: [string, number][] = [];
    const signal = atTheLastMoment(() => {
      for (const name of readdirSync(folder.root)) {
        if (name !== 'key') seen.push([name, statSync(folder.at(name)).mode & 0o777]);
      }
    });
    await writeFile(workspace, { path: 'key', content: 'new' }, signal);
    expect(seen).toEqual([[expect.stringMatching(/^\.mcp-workspace-[0-9a-f]{16}\.tmp$/), 0o600]]);
    expect(readdirSync(folder.root)).toEqual(['key']);
  });
});

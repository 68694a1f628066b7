// What the READMEs tell a stranger to do, done as it is written; only the port and the program's place differ.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, binary } from './gateway.js';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

function blocks(text, language) {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, code]) => code);
}

for (const name of ['README.md', 'README.zh-CN.md']) {
  const text = await readFile(path.join(root, name), 'utf8');

  describe(name, () => {
    let gateway;
    let folder;
    const here = (code) => code.replaceAll('http://127.0.0.1:6688', gateway.url).replaceAll('build/release/smartroute', binary);
    before(async () => {
      gateway = await Gateway.start();
      folder = await mkdtemp(path.join(os.tmpdir(), 'smartroute-readme-'));
    });
    after(async () => {
      await rm(folder, { recursive: true, force: true });
      assert.equal(await gateway.stop(), 0, gateway.output);
    });

    test('curl streams an answer', async () => {
      const [command] = blocks(text, 'sh').filter((code) => code.startsWith('curl'));
      const { stdout } = await run('sh', ['-c', here(command)], { timeout: 60_000 });
      assert.match(stdout, /"content":"[^]*data: \[DONE\]\n\n$/);
    });

    test('programs print an answer', async () => {
      for (const code of blocks(text, 'js')) {
        const args = ['--input-type=module', '-e', here(code)];
        const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname, timeout: 60_000 });
        assert.match(stdout, /^\[demo\]/);
      }
    });

    test('the configuration is good in the way in which it is checked', async () => {
      const [config] = blocks(text, 'json');
      await mkdir(path.join(folder, 'data'));
      await writeFile(path.join(folder, 'data/config.json'), config);
      const [check] = blocks(text, 'sh').filter((code) => code.includes('config check'));
      const { stdout, stderr } = await run('sh', ['-c', here(check)], { cwd: folder });
      assert.match(stdout, /^data\/config\.json: ok\n$/m);
      assert.equal(stderr, '');
      const forgotten = run(binary, ['config', 'check', 'data/config.json'], { cwd: folder });
      await assert.rejects(forgotten, /GATEWAY_KEY, which is not set/);
    });

    test('what it names is there', async () => {
      const paths = [...text.matchAll(/\]\((?!http)([^)]+)\)/g)].map(([, target]) => target);
      assert.ok(paths.length > 5);
      for (const target of [...paths, 'run.sh', 'test.sh']) await access(path.join(root, target));
      const status = await (await fetch(`${gateway.url}/`)).text();
      assert.match(status, /SmartRoute/);
    });
  });
}

test('documents link to what is there', async () => {
  const files = (await readdir(path.join(root, 'docs'), { recursive: true })).filter((file) => file.endsWith('.md')).map((file) => path.join('docs', file));
  for (const file of [...files, 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    const text = await readFile(path.join(root, file), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!http)([^)#]+)[^)]*\)/g)) {
      await access(path.join(root, path.dirname(file), target));
    }
  }
});

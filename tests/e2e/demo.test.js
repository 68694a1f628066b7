// A gateway as it comes, and the program's other commands.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, binary } from './gateway.js';
import { clientOf, gatewaySuite, messages } from './suite.js';
import { gatewayKey } from './upstream.js';

const run = promisify(execFile);

async function failing(...args) {
  try {
    await run(binary, args, { timeout: 20_000 });
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: `${args.join(' ')} did not fail` });
}

describe('a gateway as it comes', () => {
  let gateway;
  let client;
  before(async () => {
    gateway = await Gateway.start();
    client = clientOf(gateway, 'none');
  });
  after(async () => assert.equal(await gateway.stop(), 0, gateway.output));

  test('writes a configuration that it can read again', async () => {
    const config = JSON.parse(await readFile(gateway.configFile, 'utf8'));
    for (const tier of ['t1', 't2', 't3']) assert.equal(config.models[tier][0].provider, 'demo', tier);
    assert.equal((await stat(gateway.configFile)).mode & 0o077, 0, 'keys will stand in it: for its owner alone');
    const { stdout } = await run(binary, ['config', 'check', gateway.configFile]);
    assert.match(stdout, /: ok\n$/);
  });

  test('prints where it is, where its configuration lies, and a curl line that works as it stands', async () => {
    const [line] = await gateway.printed(/curl -N .*\\\n.*-d '.*'/);
    assert.ok(gateway.output.includes(gateway.configFile));
    assert.match(gateway.output, /WARNING: no gateway key/);
    const { stdout } = await run('sh', ['-c', line], { timeout: 60_000 });
    assert.match(stdout, /^data: \{/);
    assert.match(stdout, /data: \[DONE\]\n\n$/);
    const page = await fetch(`${gateway.url}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
  });

  for (const [model, content, mark] of [
    ['auto', 'Hello', /^\[demo\].*t1/s],
    ['t3', 'Hello', /^\[demo\].*t3/s],
    ['auto', '请分析一下', /^【演示】.*t2/s],
  ]) {
    test(`answers in words, marked as a demo: ${model} ${content}`, async () => {
      const asked = [{ role: 'user', content }];
      const plain = await client.chat.completions.create({ model, messages: asked });
      assert.equal(plain.system_fingerprint, 'demo');
      assert.match(plain.choices[0].message.content, mark);
      let text = '';
      let chunks = 0;
      for await (const part of await client.chat.completions.create({ model, messages: asked, stream: true })) {
        assert.equal(part.system_fingerprint, 'demo');
        text += part.choices[0].delta.content ?? '';
        ++chunks;
      }
      assert.equal(text, plain.choices[0].message.content);
      assert.ok(chunks > 5, 'word by word');
    });
  }

  test('a second one on the same port, or in the same folder, says what is wrong', async () => {
    const { port } = new URL(gateway.url);
    const other = path.join(gateway.data, 'other');
    const onPort = await failing('serve', '--data', other, '--port', port, '--bind', '127.0.0.1');
    assert.match(onPort.stderr, new RegExp(`did not start: .*${port}`));
    const inFolder = await failing('serve', '--data', gateway.data, '--port', '0', '--bind', '127.0.0.1');
    assert.match(inFolder.stderr, /did not start: /);
    assert.ok(inFolder.stderr.includes(gateway.data), inFolder.stderr);
  });

  test('a check names everything that is wrong with a file, with its place', async () => {
    const file = path.join(gateway.data, 'bad.json');
    await writeFile(file, JSON.stringify({ schema_version: 1, models: { t1: [{ model: 'x', provider: 'nobody' }] }, server: { port: 70000 } }));
    const { code, stderr } = await failing('config', 'check', file);
    assert.equal(code, 1);
    assert.match(stderr, /models\.t1\[0\]/);
    assert.match(stderr, /server\.port/);
  });

  test('it says its version', async () => {
    assert.match((await run(binary, ['--version'])).stdout, /^smartroute \d+\.\d+\.\d+\n$/);
  });
});

gatewaySuite('curl', (own) => {
  const curl = (...args) => run('curl', ['-sS', '--max-time', '20', '-H', `Authorization: Bearer ${gatewayKey}`, ...args]);

  test('a plain answer and a stream', async () => {
    const url = `${own.gateway.url}/v1/chat/completions`;
    const plain = await curl(url, '-H', 'Content-Type: application/json', '-d', JSON.stringify({ messages }));
    assert.equal(JSON.parse(plain.stdout).choices[0].message.content, 'Hello');
    const streamed = await curl('-N', url, '-H', 'Content-Type: application/json', '-d', JSON.stringify({ messages, stream: true }));
    assert.match(streamed.stdout, /"Hel"[^]*"lo"[^]*data: \[DONE\]\n\n$/);
  });

  test('a large body with Expect: 100-continue, and the status of an error', async () => {
    const url = `${own.gateway.url}/v1/chat/completions`;
    const body = path.join(own.gateway.data, 'body.json');
    await writeFile(body, JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(1024 * 1024) }] }));
    const large = await curl('-o', '/dev/null', '-w', '%{http_code}', '-H', 'Expect: 100-continue', '--data-binary', `@${body}`, url);
    assert.equal(large.stdout, '200');
    const bad = await curl('-o', '/dev/null', '-w', '%{http_code}', '-d', '{', url);
    assert.equal(bad.stdout, '400');
  });

  for (const place of ['healthz', 'livez', 'readyz', 'metrics']) {
    test(`/${place}`, async () => {
      const { stdout } = await curl('-o', '/dev/null', '-w', '%{http_code}', `${own.gateway.url}/${place}`);
      assert.equal(stdout, '200');
    });
  }
});

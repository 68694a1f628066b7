// Who answers, how the reply says so, and what an edit of the configuration changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFor, gatewaySuite, messages } from './suite.js';

gatewaySuite('routing through the SDK', (own) => {
  const listed = async () => {
    const ids = [];
    for await (const model of own.client.models.list()) ids.push(model.id);
    return ids;
  };
  const standard = ['auto', 't1', 't2', 't3', 'first/small', 'second/small-b', 'first/medium', 'first/large'];

  test('models are listed and looked up', async () => {
    assert.deepEqual(await listed(), standard);
    const model = await own.client.models.retrieve('first/large');
    assert.deepEqual([model.id, model.object, model.owned_by], ['first/large', 'model', 'first']);
    assert.equal((await own.client.models.retrieve('auto')).id, 'auto');
  });

  const code = [{ role: 'user', content: 'Write a function in C' }];
  const long = [{ role: 'user', content: '很长的问题'.repeat(500) }];
  for (const [model, asked, answeredBy, tier, decision] of [
    ['auto', messages, 'first/small', 't1', /^heuristic/],
    ['auto', code, 'first/medium', 't2', /^heuristic.*function/],
    ['auto', long, 'first/large', 't3', /^heuristic.*2000/],
    ['t1', code, 'first/small', 't1', /^pinned/],
    ['t2', messages, 'first/medium', 't2', /^pinned/],
    ['t3', messages, 'first/large', 't3', /^pinned/],
    ['large', messages, 'first/large', 't3', /^pinned/],
    ['first/large', messages, 'first/large', 't3', /^pinned/],
    ['second/small-b', messages, 'second/small-b', 't1', /^pinned/],
    ['gpt-unheard-of', messages, 'first/small', 't1', /^heuristic/],
    ['', messages, 'first/small', 't1', /^heuristic/],
    [undefined, messages, 'first/small', 't1', /^heuristic/],
  ]) {
    for (const stream of [false, true]) {
      test(`model ${JSON.stringify(model)} with ${asked[0].content.slice(0, 12)}..., ${stream ? 'streamed' : 'plain'}: ${answeredBy}`, async () => {
        const { data, response } = await own.client.chat.completions.create({ model, messages: asked, stream }).withResponse();
        if (stream) for await (const part of data) assert.ok(part.choices);
        const header = (name) => response.headers.get(`x-smartroute-${name}`);
        assert.equal(header('model'), answeredBy);
        assert.equal(header('tier'), tier);
        assert.equal(header('attempts'), '1');
        assert.match(header('decision'), decision);
        assert.match(header('request-id'), /^[0-9a-z]{26}$/);
        assert.equal(`${own.upstream.requests[0].provider}/${own.upstream.requests[0].body.model}`, answeredBy);
      });
    }
  }

  test('every request has an id of its own', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => {
      const { response } = await own.client.chat.completions.create({ model: 't1', messages }).withResponse();
      return response.headers.get('x-smartroute-request-id');
    }));
    assert.equal(new Set(ids).size, 20);
  });

  test('an edit of the configuration is live at once, a bad or half-written one changes nothing', async () => {
    const edit = async (config, pattern) => {
      const from = own.gateway.output.length;
      await own.gateway.writeConfig(config);
      await own.gateway.printed(pattern, from);
    };
    const config = configFor(own.upstream);
    config.models.t2.unshift({ model: 'added', provider: 'second' });
    await edit(config, /event=config_reloaded/);
    assert.ok((await listed()).includes('second/added'));
    await own.client.chat.completions.create({ model: 't2', messages });
    assert.equal(own.upstream.requests[0].body.model, 'added');

    config.models.t1[0].provider = 'nobody';
    await edit(config, /event=config_rejected/);
    await edit('{"models": {"t1": [', /event=config_rejected/);
    assert.ok((await listed()).includes('second/added'), 'the last good one stays');

    await edit(configFor(own.upstream), /event=config_reloaded/);
    assert.deepEqual(await listed(), standard);
  });
});

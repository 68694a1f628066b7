// One gateway and one scripted provider for the tests of a file.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe } from 'node:test';
import OpenAI from 'openai';
import { Gateway } from './gateway.js';
import { Upstream, gatewayKey, keys } from './upstream.js';

export const messages = [{ role: 'user', content: 'Hello' }];

// The tests of a file share a gateway: what fails in one must not rest in the next.
const soonAgain = { first: 1, max: 1 };
export const health = { failures_before_rest: 15, cooldown: soonAgain, connect_cooldown: soonAgain, long_cooldown: soonAgain };

// t1: first/small, then second/small-b; t2: first/medium; t3: first/large.
export function configFor(upstream, more = {}) {
  return {
    schema_version: 1,
    general: { gateway_api_key: gatewayKey },
    models: {
      t1: [{ model: 'small', provider: 'first' }, { model: 'small-b', provider: 'second' }],
      t2: [{ model: 'medium', provider: 'first' }],
      t3: [{ model: 'large', provider: 'first' }],
    },
    providers: {
      custom: {
        first: { base_url: `${upstream.url}/first/v1`, api_key: keys.first },
        second: { base_url: `${upstream.url}/second/v1`, api_key: keys.second },
      },
    },
    router: { mode: 'auto' },
    health,
    ...more,
  };
}

export function clientOf(gateway, apiKey = gatewayKey) {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

// gatewaySuite('title', (own) => { test(...) }): `own` holds upstream, gateway and client once the tests run.
export function gatewaySuite(title, define) {
  describe(title, () => {
    const own = {};
    before(async () => {
      own.upstream = await Upstream.start();
      own.gateway = await Gateway.start(configFor(own.upstream));
      own.client = clientOf(own.gateway);
    });
    beforeEach(() => own.upstream.reset());
    afterEach(() => assert.deepEqual(own.upstream.violations, [], 'what OpenAI would have refused'));
    after(async () => {
      const code = await own.gateway?.stop();
      await own.upstream.stop();
      assert.equal(code, 0, own.gateway?.output);
    });
    define(own);
  });
}

export async function textOf(stream) {
  let text = '';
  for await (const part of stream) text += part.choices[0]?.delta.content ?? '';
  return text;
}

// One gateway and a scripted provider of every dialect, for the tests of a file.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe } from 'node:test';
import { Gateway } from './gateway.js';
import { all } from './providers/index.js';
import { ScriptedProvider } from './providers/server.js';
import { health } from './suite.js';
import { gatewayKey } from './upstream.js';

export const nameOf = (provider) => `${provider}/${all[provider].model}`;

export async function startProviders(dialects = all) {
  const started = await Promise.all(Object.values(dialects).map((dialect) => ScriptedProvider.start(dialect)));
  return Object.fromEntries(Object.keys(dialects).map((name, index) => [name, started[index]]));
}

export const entryOf = (provider) => ({ model: all[provider].model, provider });

// `t1` is what is asked for by that name; every provider's model goes by its own.
export const configOf = (providers, more = {}) => ({
  schema_version: 1,
  general: { gateway_api_key: gatewayKey },
  models: { t3: Object.keys(providers).map(entryOf), ...more.models },
  providers: { custom: { ...Object.fromEntries(Object.entries(providers).map(([name, one]) => [name, one.settings])), ...more.custom } },
  health,
});

// `own` holds providers and gateway once the tests run; `more` may be made of the providers.
export function dialectSuite(title, define, more = () => ({})) {
  describe(title, () => {
    const own = {};
    before(async () => {
      own.providers = await startProviders();
      own.gateway = await Gateway.start(configOf(own.providers, await more(own.providers)));
    });
    beforeEach(() => Object.values(own.providers).forEach((one) => one.reset()));
    afterEach(() => {
      for (const [name, one] of Object.entries(own.providers)) {
        assert.deepEqual(one.violations, [], `what ${name} would have refused`);
        assert.deepEqual(one.scripts, [], `answers of ${name} that nobody asked for`);
      }
    });
    after(async () => {
      const code = await own.gateway?.stop();
      await Promise.all(Object.values(own.providers).map((one) => one.stop()));
      assert.equal(code, 0, own.gateway?.output);
    });
    define(own);
  });
}

// Every client's SDK with every provider's dialect behind the gateway, plain and streamed.
import { describe, test } from 'node:test';
import { clients } from './clients/index.js';
import { cases } from './dialect_cases.js';
import { dialectSuite, nameOf } from './dialect_suite.js';
import { all } from './providers/index.js';

dialectSuite('dialects through the SDKs', (own) => {
  for (const client of clients) {
    for (const upstream of Object.keys(all)) {
      describe(`${client.name} to ${upstream}`, () => {
        for (const isStream of [false, true]) {
          for (const { what, check, unless } of cases) {
            const pair = { client, upstream, isStream };
            if (unless?.(pair)) continue;
            test(`${what}, ${isStream ? 'streamed' : 'plain'}`, () => {
              const provider = own.providers[upstream];
              const connected = client.connect(own.gateway);
              const ask = (say, how = isStream) => client.ask(connected, { model: nameOf(upstream), ...say }, how);
              return check({ ...pair, provider, ask });
            });
          }
        }
      });
    }
  }
});

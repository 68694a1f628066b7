// Starts the real binary on a free port with a data folder of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';

const binary = process.env.SMARTROUTE_BIN ?? path.resolve(import.meta.dirname, '../../build/release/smartroute');

export class Gateway {
  static async start(config) {
    const gateway = new Gateway();
    gateway.data = await mkdtemp(path.join(os.tmpdir(), 'smartroute-e2e-'));
    gateway.configFile = path.join(gateway.data, 'config.json');
    if (config) await gateway.writeConfig(config);
    gateway.process = spawn(binary, ['serve', '--data', gateway.data, '--port', '0', '--bind', '127.0.0.1'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    gateway.output = '';
    gateway.process.stderr.on('data', (data) => (gateway.output += data));
    gateway.url = await new Promise((resolve, reject) => {
      gateway.process.stdout.on('data', (data) => {
        gateway.output += data;
        const match = /http:\/\/127\.0\.0\.1:\d+/.exec(gateway.output);
        if (match) resolve(match[0]);
      });
      gateway.process.once('exit', (code) => reject(new Error(`exit ${code}: ${gateway.output}`)));
      gateway.process.once('error', reject);
    });
    return gateway;
  }

  writeConfig(config) {
    return writeFile(this.configFile, JSON.stringify(config, null, 2));
  }

  // Ends the process as an operator would; its exit code must say that nothing went wrong.
  async stop() {
    if (this.process.exitCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    await rm(this.data, { recursive: true, force: true });
    return this.process.exitCode;
  }
}

export function configFor(upstream, more = {}) {
  return {
    schema_version: 1,
    general: { gateway_api_key: 'gateway-key-for-tests' },
    models: {
      t1: [{ model: 'small', provider: 'first' }, { model: 'small-b', provider: 'second' }],
      t2: [{ model: 'medium', provider: 'first' }],
      t3: [{ model: 'large', provider: 'first' }],
    },
    providers: {
      custom: {
        first: { base_url: `${upstream.url}/first/v1`, api_key: 'sk-provider-one' },
        second: { base_url: `${upstream.url}/second/v1`, api_key: 'sk-provider-two' },
      },
    },
    router: { mode: 'auto' },
    ...more,
  };
}

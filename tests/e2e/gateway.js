// Starts the real binary on a free port with a data folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export const binary = path.resolve(process.env.SMARTROUTE_BIN ?? path.join(import.meta.dirname, '../../build/release/smartroute'));

// A settled promise or a rejection after `seconds`: a gateway that hangs must not hang the suite.
export async function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()}: not within ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class Gateway {
  output = '';

  static async start(config, { args = [], env = {} } = {}) {
    const gateway = new Gateway();
    gateway.data = await mkdtemp(path.join(os.tmpdir(), 'smartroute-e2e-'));
    gateway.configFile = path.join(gateway.data, 'config.json');
    if (config) await gateway.writeConfig(config);
    gateway.process = spawn(binary, ['serve', '--data', gateway.data, '--port', '0', '--bind', '127.0.0.1', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    gateway.exited = once(gateway.process, 'exit');
    for (const stream of [gateway.process.stdout, gateway.process.stderr]) {
      stream.on('data', (data) => (gateway.output += data));
    }
    try {
      [gateway.url] = await gateway.printed(/http:\/\/127\.0\.0\.1:\d+(?=\/)/);
    } catch (error) {
      gateway.process.kill('SIGKILL');
      await rm(gateway.data, { recursive: true, force: true });
      throw error;
    }
    return gateway;
  }

  // Resolves with the match when the output, from `from` on, holds the pattern; rejects when the process ends before.
  printed(pattern, from = 0) {
    const match = new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.output.slice(from));
        if (found) resolve(found);
      };
      this.process.stdout.on('data', look);
      this.process.stderr.on('data', look);
      this.process.once('error', reject);
      this.exited.then(([code]) => reject(new Error(`exit ${code}: ${this.output}`)), reject);
      look();
    });
    return within(20, () => `${pattern} in ${this.output}`, match);
  }

  writeConfig(config) {
    return writeFile(this.configFile, typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  }

  // Ends the process as an operator would; its exit code must say that nothing went wrong.
  async stop() {
    this.process.kill('SIGTERM');
    try {
      await within(40, () => `the gateway's end after SIGTERM\n${this.output}`, this.exited);
    } finally {
      this.process.kill('SIGKILL');
      await rm(this.data, { recursive: true, force: true });
    }
    return this.process.exitCode;
  }
}

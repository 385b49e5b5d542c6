import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { freePort } from '../../free-port.js';
import { offline } from './client-program.js';

/**
 * Servers as Debian installs them, each started for the tests alone: in a folder of its own, which is
 * gone afterwards, on a port of 127.0.0.1 that is free.
 */

interface Server {
  readonly port: number;
  stop(): Promise<void>;
}

interface Started {
  readonly folder: string;
  readonly port: number;
  /** Other ports that are free. */
  readonly spare: readonly number[];
}

interface ServerKind {
  /** Where its program may be; the first that is there. */
  readonly programs: readonly string[];
  /** Of Debian. */
  readonly package: string;
  readonly ready: RegExp;
  /** The system user that it has to be run as where the tests are run by root. */
  readonly user?: string;
  prepare?(program: string, started: Started): void;
  args(started: Started): readonly string[];
  env?(started: Started): Readonly<Record<string, string>>;
  /** Default: SIGTERM. */
  readonly stop?: NodeJS.Signals;
  /** What has to run beside it. */
  helper?(started: Started): readonly [command: string, ...args: string[]];
}

const POSTGRES = '/usr/lib/postgresql';
const postgresVersions = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort().reverse() : [];

const KINDS = {
  postgres: {
    programs: postgresVersions.map((version) => join(POSTGRES, version, 'bin', 'postgres')),
    package: 'postgresql',
    ready: /ready to accept connections/,
    user: 'postgres',
    prepare(program, { folder }) {
      const args = [
        '-D',
        folder,
        '-U',
        'postgres',
        '--auth=trust',
        '--no-sync',
        '--no-instructions',
      ];
      execFileSync(join(program, '..', 'initdb'), args, { stdio: 'pipe', ...identity('postgres') });
    },
    args: ({ folder, port }) => [
      ...['-D', folder, '-k', folder, '-p', String(port), '-h', '127.0.0.1'],
      ...['-c', 'fsync=off'],
    ],
  },
  mariadb: {
    programs: ['/usr/sbin/mariadbd'],
    package: 'mariadb-server',
    ready: /ready for connections/,
    user: 'mysql',
    prepare(_, { folder }) {
      const args = ['--no-defaults', `--datadir=${folder}`, '--skip-test-db'];
      const trust = ['--auth-root-authentication-method=normal'];
      execFileSync('mariadb-install-db', [...args, ...trust], {
        stdio: 'pipe',
        ...identity('mysql'),
      });
    },
    args: ({ folder, port }) => [
      ...['--no-defaults', `--datadir=${folder}`, `--socket=${join(folder, 'socket')}`],
      ...['--bind-address=127.0.0.1', `--port=${port}`, '--innodb-flush-log-at-trx-commit=0'],
    ],
  },
  redis: {
    programs: ['/usr/bin/redis-server'],
    package: 'redis-server',
    ready: /Ready to accept connections/,
    args: ({ folder, port }) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ],
  },
  rabbitmq: {
    programs: ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
    package: 'rabbitmq-server',
    // By SIGTERM it would take half a minute.
    stop: 'SIGKILL',
    ready: /completed with \d+ plugins/,
    prepare(_, { folder }) {
      writeFileSync(join(folder, 'plugins'), '[].');
    },
    args: () => [],
    // Without it, the server starts one that goes on when the server has ended.
    helper: ({ spare }) => ['epmd', '-port', String(spare[0])],
    env: ({ folder, port, spare }) => ({
      HOME: folder,
      ERL_EPMD_PORT: String(spare[0]),
      RABBITMQ_DIST_PORT: String(spare[1]),
      RABBITMQ_NODENAME: `tracelane${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    }),
  },
} as const satisfies Readonly<Record<string, ServerKind>>;

type ServerName = keyof typeof KINDS;

/** Whether tests that need a server are left out where it is not installed: never in CI. */
const MAY_SKIP = process.env['CI'] !== 'true';

/** Tests that share a server, by its port. */
export function describeWith(name: ServerName, tests: (port: () => number) => void): void {
  const skip = offline || withoutServer(name);
  describe(`with ${name}`, { skip, timeout: 120_000 }, () => {
    let server: Server | undefined;
    before(async () => {
      server = await startServer(name);
    });
    after(() => server?.stop());
    tests(() => server?.port ?? 0);
  });
}

/** Why a server cannot be started here; false where it can. */
function withoutServer(name: ServerName): string | false {
  if (!MAY_SKIP || programOf(name) !== undefined) return false;
  const reason = `no ${name}: install it (Debian: apt-get install ${KINDS[name].package})`;
  console.log(`# Tests with ${name} are SKIPPED: ${reason}`);
  return reason;
}

async function startServer(name: ServerName): Promise<Server> {
  const kind: ServerKind = KINDS[name];
  const program = programOf(name);
  if (program === undefined) throw new Error(`There is no ${name}: install ${kind.package}.`);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const user = kind.user === undefined ? undefined : identity(kind.user);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const started = {
    folder,
    port: await freePort(),
    spare: [await freePort(), await freePort()],
  };
  kind.prepare?.(program, started);
  const env = { ...process.env, ...kind.env?.(started) };
  const [helper, ...helperArgs] = kind.helper?.(started) ?? [];
  const beside = helper === undefined ? undefined : spawn(helper, helperArgs, { env });
  // A group of its own: some are started by a script, which would stay when that is ended.
  const child = spawn(program, kind.args(started), {
    ...{ cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    ...user,
  });
  await outputOf(child, kind.ready);
  return {
    port: started.port,
    async stop() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      process.kill(-(child.pid as number), kind.stop ?? 'SIGTERM');
      await closed;
      beside?.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programOf(name: ServerName): string | undefined {
  return KINDS[name].programs.find((path) => existsSync(path));
}

/** Waits until a server has said that it is ready. */
function outputOf(child: ChildProcess, ready: RegExp): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString();
      if (ready.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', reject);
    child.on('close', () => reject(new Error(`The server has ended: ${output}`)));
  });
}

/** Servers that refuse to run as root are run as the user that Debian has made for them. */
function identity(user: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const [, , uid, gid] = users.find((line) => line.startsWith(`${user}:`))?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

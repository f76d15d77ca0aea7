/**
 * Owns: the official release archive: download with a size cap, checksum, unpack, one atomic move into the cache.
 * Never: unpacks or runs bytes whose SHA-256 is not the one in the release's checksums.txt.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runCommand } from '../supervisor/run-command.ts';
import type { FetchOptions } from './go-install-livekit-server.ts';

/** Largest archive that is read, bytes; 1.13.5 has about 20 MB. */
const MAX_ARCHIVE_BYTES = 150 * 1024 * 1024;
/** Largest checksums.txt, bytes. */
const MAX_CHECKSUMS_BYTES = 64 * 1024;
/** Longest download, ms: 20 MB at 1 Mbit/s. */
const DOWNLOAD_LIMIT_MS = 3 * 60_000;
const UNPACK_LIMIT_MS = 60_000;

/** Where the release's files are; CLARA_LIVEKIT_RELEASE_URL moves it, for a mirror. */
export function releaseBase(env: NodeJS.ProcessEnv, version: string): string {
  const base =
    env['CLARA_LIVEKIT_RELEASE_URL'] ?? `https://github.com/livekit/livekit/releases/download/v${version}`;
  return base.replace(/\/+$/, '');
}

/** The archive's name for a platform, undefined where LiveKit releases none (macOS: it is in Homebrew). */
export function archiveName(version: string, platform: string, arch: string): string | undefined {
  const goArch = { x64: 'amd64', arm64: 'arm64' }[arch];
  return platform === 'linux' && goArch !== undefined
    ? `livekit_${version}_linux_${goArch}.tar.gz`
    : undefined;
}

/** The SHA-256 that a `checksums.txt` (lines of `<hex>  <name>`) gives for a file. */
export function findChecksum(checksums: string, name: string): string | undefined {
  for (const line of checksums.split('\n')) {
    const [hex, file] = line.trim().split(/\s+\*?/);
    if (file === name && hex !== undefined && /^[0-9a-f]{64}$/i.test(hex)) return hex.toLowerCase();
  }
  return undefined;
}

/** Fails the stream when more than `maxBytes` pass. */
function capBytes(maxBytes: number): Transform {
  let seenBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      seenBytes += chunk.byteLength;
      if (seenBytes > maxBytes) callback(new Error(`larger than ${maxBytes} bytes`));
      else callback(null, chunk);
    },
  });
}

async function fetchTo(url: string, file: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${url}: ${cause instanceof Error ? cause.message || cause.name : 'no connection'}`, {
      cause: error,
    });
  });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    throw new Error(`${url} answered ${answer.status}`);
  }
  const declaredBytes = Number(answer.headers.get('content-length') ?? 0);
  if (declaredBytes > maxBytes) {
    await answer.body.cancel();
    throw new Error(`${url} has ${declaredBytes} bytes, more than the ${maxBytes} allowed`);
  }
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      callback(null, chunk);
    },
  });
  await pipeline(
    Readable.fromWeb(answer.body),
    capBytes(maxBytes),
    hashing,
    createWriteStream(file, { mode: 0o600 }),
    { signal },
  );
  return hash.digest('hex');
}

async function downloadInto(
  folder: string,
  archive: string,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<void> {
  const base = releaseBase(options.env, options.version);
  const checksumsFile = join(folder, 'checksums.txt');
  await fetchTo(`${base}/checksums.txt`, checksumsFile, MAX_CHECKSUMS_BYTES, signal);
  const expected = findChecksum(await readFile(checksumsFile, 'utf8'), archive);
  if (expected === undefined) throw new Error(`checksums.txt has no line for ${archive}`);
  options.report(`downloading ${archive}`);
  const archiveFile = join(folder, archive);
  const actual = await fetchTo(`${base}/${archive}`, archiveFile, MAX_ARCHIVE_BYTES, signal);
  if (actual !== expected) throw new Error(`${archive} has the checksum ${actual}, ${expected} was expected`);
  const result = await runCommand(
    { command: 'tar', args: ['-xzf', archiveFile, '-C', folder, 'livekit-server'], limitMs: UNPACK_LIMIT_MS },
    signal,
  );
  if (result.code !== 0)
    throw new Error(`tar could not unpack ${archive}: ${result.stderr.trim().slice(0, 300)}`);
  const unpacked = join(folder, 'livekit-server');
  await chmod(unpacked, 0o755);
  await rename(unpacked, options.target);
}

/** Downloads it. Resolves with a reason when that does not work; rejects only when aborted. Leaves no temporary folder. */
export async function downloadLiveKitServer(
  options: FetchOptions,
  signal: AbortSignal,
): Promise<{ reason?: string }> {
  const archive = archiveName(options.version, process.platform, process.arch);
  if (archive === undefined)
    return { reason: `there is no release for ${process.platform} on ${process.arch}` };
  await mkdir(dirname(options.target), { recursive: true });
  const folder = await mkdtemp(join(dirname(options.target), '.download-'));
  const limit = AbortSignal.timeout(DOWNLOAD_LIMIT_MS);
  try {
    await downloadInto(folder, archive, options, AbortSignal.any([signal, limit]));
    return {};
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return { reason: `not downloaded in ${DOWNLOAD_LIMIT_MS / 1000} s` };
    return { reason: error instanceof Error ? error.message : 'unknown error' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

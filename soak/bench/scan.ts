/** How fast a log is scanned, and how much memory that takes. Measured by `npm run bench:soak`. */
import { configSchema } from '../../harness/config.ts';
import { scanLog } from '../log-scan.ts';

const MIB = 1024 * 1024;
const CHUNK = 256 * 1024;

export interface ScanFigures {
  mebibytes: number;
  mebibytesPerSecond: number;
  /** The highest resident size while it scanned, over that before. */
  residentGrowthMebibytes: number;
}

/** A log as pino writes it, one forbidden line in ten thousand. */
export async function measureScan(mebibytes: number): Promise<ScanFigures> {
  const lines = Array.from({ length: 10_000 }, (_, index) =>
    index === 5_000
      ? '(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected.'
      : `{"level":30,"time":${1_700_000_000_000 + index},"pid":4242,"hostname":"h","reqId":"req-${index}","req":{"method":"GET","url":"/api/prices/${index}"},"msg":"incoming request"}`,
  );
  const block = Buffer.from(`${lines.join('\n')}\n`);
  const before = process.memoryUsage.rss();
  let highest = before;
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < mebibytes * MIB; sent += block.length) {
      for (let at = 0; at < block.length; at += CHUNK) yield block.subarray(at, at + CHUNK);
      highest = Math.max(highest, process.memoryUsage.rss());
    }
  }
  const startedAt = performance.now();
  const scan = await scanLog('bench.log', chunks(), configSchema.parse({}).logs);
  const seconds = (performance.now() - startedAt) / 1_000;
  if (scan.counts['listener-leak'] !== Math.ceil((mebibytes * MIB) / block.length))
    throw new Error('the scan missed lines');
  return {
    mebibytes,
    mebibytesPerSecond: scan.bytes / MIB / seconds,
    residentGrowthMebibytes: (highest - before) / MIB,
  };
}

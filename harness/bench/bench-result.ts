/** What `clara bench` prints. The shape is a contract (product.md). */
import { cpus, loadavg, totalmem } from 'node:os';

/** One figure with its bar. */
export interface BenchResult {
  /** `<part>.<figure>`. */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** It holds when the value is no larger, or with `atLeast` no smaller. */
  readonly bar: number;
  readonly ok: boolean;
  /** What the value is compared with, measured in the same run. */
  readonly base?: number;
  /** `value / base`; the bar is one of the ratio then. */
  readonly ratio?: number;
}

/** Where it was measured, and beside what load. */
export interface BenchMachine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  /** Of the last minute, before the run. */
  readonly loadAverage: number;
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** A figure that must not be above its bar. */
export function atMost(id: string, value: number, bar: number, unit: string): BenchResult {
  return { id, value: round(value), unit, bar, ok: value <= bar };
}

/** A figure that must not be below its bar. */
export function atLeast(id: string, value: number, bar: number, unit: string): BenchResult {
  return { id, value: round(value), unit, bar, ok: value >= bar };
}

/** A figure whose ratio to a base must not be above its bar. */
export function ratioAtMost(id: string, value: number, base: number, bar: number, unit: string): BenchResult {
  const ratio = value / base;
  return { id, value: round(value), unit, bar, ok: ratio <= bar, base: round(base), ratio: round(ratio) };
}

/** This machine, now. */
export function thisMachine(): BenchMachine {
  const all = cpus();
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    loadAverage: round(loadavg()[0] ?? 0),
  };
}

/** Numbers of reviews as people read them. `–` stands for what was not measured. */

const NONE = '–';

/** A place in the session: `0:07`, `12:30`, `1:02:03`; negative before the common moment of a comparison. */
export function clockText(atMs: number): string {
  const seconds = Math.floor(Math.abs(atMs) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const sign = atMs <= -1000 ? '−' : '';
  return `${sign}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 2 min`. */
export function durationText(durationMs: number | undefined): string {
  if (durationMs === undefined) return NONE;
  if (durationMs < 9950) return `${(durationMs / 1000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`;
}

/** A value of a chart with its unit. */
export function valueText(value: number | undefined, unit: string): string {
  if (value === undefined || Number.isNaN(value)) return NONE;
  const digits = unit === '%' && value > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

/** A ratio of 0 to 1 as percent. */
export function percentText(ratio: number | undefined): string {
  if (ratio === undefined) return NONE;
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent.toFixed(percent < 10 ? 1 : 0).replace(/\.0$/, '')} %`;
}

/** Bytes: `812 B`, `93 kB`, `4.2 MB`, `10.7 GB`. */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return NONE;
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1).replace(/\.0$/, '')} GB`;
}

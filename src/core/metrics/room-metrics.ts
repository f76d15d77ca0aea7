/** What a joined room measures, as its adapter reads it once a second: values by column, and whose counters they are. */
import type { ColumnName } from './columns.ts';

/** Values by column; what is not known is absent. */
export type MetricValues = { readonly [name in ColumnName]?: number };

/** One reading of a room. */
export interface RoomMetrics {
  /** When the reports were taken, monotonic ms of the Clock port. */
  readonly monoMs: number;
  /** The call: the agent's audio, our microphone, the path, the signal connection. */
  readonly values: MetricValues;
  /** Another key means that the counters of the group began anew. Absent where there is none. */
  readonly keys: { readonly down?: string; readonly up?: string; readonly path?: string };
  /** Audio of further participants. */
  readonly tracks: readonly { readonly key: string; readonly values: MetricValues }[];
}

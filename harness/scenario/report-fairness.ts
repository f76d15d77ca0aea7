/** What a reader has to know to judge the comparison: where stock is not asked what ours is, and where both have it easy. */
import type { CallClient } from '../call/call-result.ts';
import { promiseOf } from './promise.ts';
import { escapeHtml } from './report-format.ts';
import type { Scenario } from './scenario.ts';
import { askedOf } from './stock-reading.ts';

/** Beneath the legend. */
export const FOOTNOTES = `<ul class="soft">
<li>livekit-client alone is a page with the SDK’s defaults that shows the connection states which the SDK tells. Its repair of the control connection alone (SignalReconnecting), of which the SDK says that users mostly do not notice it, is shown as a note and counts as unstable, not as reconnecting.</li>
<li>LiveKit’s own names count as what they mean (PARTICIPANT_REMOVED: removed), and either of its final states as the end. What only Clara Voice promises, such as naming the side that is cut, is not asked of livekit-client; its row says so.</li>
<li>While the network swallows everything, new TCP connections are accepted and then held, so they go on at the very end of the fault. A real network drops their first packets, and the system tries again 1 to 4 s later. Times after such a fault are this much too kind, to both clients.</li>
</ul>`;

/** What is promised and was not asked of `client`, one phrase of safe HTML after `before`; empty when nothing was left out. */
export function judgedWithout(client: CallClient, scenario: Scenario | undefined, before = ''): string {
  if (scenario === undefined) return '';
  const without = promiseOf(askedOf(client, scenario.pass).without);
  return without.length === 0 ? '' : `${before}judged without: ${escapeHtml(without.join(' · '))}`;
}

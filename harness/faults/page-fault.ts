/** What happens to the page itself, or to its microphone. */
import { defineFault } from './define-fault.ts';
import { need, type Fault } from './fault.ts';
import { NOTHING_TO_UNDO, undoOnce } from './undo.ts';

/** What happens. */
export type PageAction = 'reload' | 'secondTab' | 'awayAndBack' | 'revokeMicrophone' | 'unplugMicrophone';

/** Only `secondTab` and `revokeMicrophone` have something to take back. */
export function pageFault(id: string, action: PageAction): Fault {
  return defineFault(id, async (target, signal) => {
    const browser = need(target, 'browser', id);
    switch (action) {
      case 'reload':
        await browser.reload();
        return NOTHING_TO_UNDO;
      case 'awayAndBack':
        await browser.goAwayAndBack();
        return NOTHING_TO_UNDO;
      case 'unplugMicrophone':
        await browser.unplugMicrophone();
        return NOTHING_TO_UNDO;
      case 'secondTab':
        return undoOnce(await browser.openSecondTab(), signal);
      case 'revokeMicrophone':
        await browser.setMicrophoneAllowed(false);
        return undoOnce(() => browser.setMicrophoneAllowed(true), signal);
    }
  });
}

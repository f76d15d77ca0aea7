/** Registers the elements that draw reviews, in a chunk of their own: nobody who only talks loads them. */
import { ClaraCompareElement } from '../../ui/review/compare-element.ts';
import { ClaraReviewElement } from '../../ui/review/clara-review-element.ts';

if (customElements.get('clara-review') === undefined)
  customElements.define('clara-review', ClaraReviewElement);
if (customElements.get('clara-review-compare') === undefined)
  customElements.define('clara-review-compare', ClaraCompareElement);

/** Registered. */
export { ClaraReviewElement };

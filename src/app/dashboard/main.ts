import { AgentsElement } from './agents-element.ts';

customElements.define('clara-agents', AgentsElement);

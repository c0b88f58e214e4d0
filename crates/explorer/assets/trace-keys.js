// The keys of the waterfall. The help dialog lists them (src/page/trace.rs).

import { isOn } from './help.js';

/** @type {Record<string, string>} What each key does anywhere on the page, while nothing is typed. */
const ANYWHERE = {
  e: 'error-next',
  E: 'error-previous',
  n: 'match-next',
  N: 'match-previous',
  c: 'collapse',
  x: 'expand',
  z: 'zoom',
  0: 'whole',
  y: 'copy-link',
  j: 'down',
  k: 'up',
  '/': 'search',
  '?': 'help',
  Escape: 'leave',
};

/** @type {Record<string, string>} What each key does while the waterfall, or nothing at all, has the focus. */
const IN_TREE = {
  ArrowDown: 'down',
  ArrowUp: 'up',
  ArrowLeft: 'out',
  ArrowRight: 'in',
  Home: 'first',
  End: 'last',
  PageDown: 'page-down',
  PageUp: 'page-up',
};

/**
 * @param {HTMLElement} tree
 * @param {(act: string) => void} act
 */
export function listen(tree, act) {
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    const isOther = event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing;
    if (isOther || !(target instanceof HTMLElement) || document.querySelector('dialog[open]')) {
      return;
    }
    const isTyping = target.isContentEditable || target.matches('input, select, textarea');
    const isInTree = target === tree || target === document.body;
    const isRow = target === tree && key === 'Enter';
    const does = isTyping ? (key === 'Escape' ? 'leave' : undefined) : isRow ? 'fields' : (isInTree && IN_TREE[key]) || ANYWHERE[key];
    if (does && isOn(key)) {
      event.preventDefault();
      act(does);
    }
  });
}

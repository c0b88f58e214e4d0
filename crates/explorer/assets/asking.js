// The store takes up to ten seconds for an answer: from the moment when it is asked, the page says so.

const ANSWERS = '.charts, .wide';

/** @param {boolean} isAsking */
function say(isAsking) {
  const said = document.getElementById('asking');
  if (said) {
    said.textContent = isAsking ? 'Asking the store…' : '';
  }
  for (const answer of document.querySelectorAll(ANSWERS)) {
    isAsking ? answer.setAttribute('aria-busy', 'true') : answer.removeAttribute('aria-busy');
  }
}

const form = document.querySelector('form.filter');
form?.addEventListener('submit', () => say(true));
form?.addEventListener('click', (event) => {
  const { target, button, ctrlKey, metaKey, shiftKey, altKey } = /** @type {MouseEvent} */ (event);
  // Another tab is not this page's affair.
  if (target instanceof Element && target.closest('a[href]') && button === 0 && !ctrlKey && !metaKey && !shiftKey && !altKey) {
    say(true);
  }
});
// Also when it comes back from the back-forward cache.
window.addEventListener('pageshow', () => say(false));

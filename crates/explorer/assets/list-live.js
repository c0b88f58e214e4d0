// Keeps the list live: the server says that there is something new, and the page asks for itself again.

import { rows, showWaiting, take } from './list-fresh.js';

const RETRY_MS = 3_000;
/** From an answer to the next question: under load there is something new all the time. */
const PAUSE_MS = 250;
const AGES_MS = 5_000;

export function startLive() {
  const live = document.getElementById('live');
  const button = document.getElementById('news');
  if (!live || !button) {
    return; // An older page, or a filter that is wrong: there is nothing to wait for.
  }
  // One connection of the six that a browser has for a server: only while somebody looks.
  /** @type {EventSource | undefined} */
  let source;
  let asking = false;
  let again = false;

  /** @param {string} words @param {boolean} well */
  const say = (words, well) => {
    live.hidden = false;
    live.classList.toggle('lost', !well);
    if (live.textContent !== words) {
      live.textContent = words;
    }
  };

  const ask = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const response = await fetch(location.href, { headers: { accept: 'text/html' } });
      if (!response.ok) {
        stop();
        say(refusal(response.status), false);
        return;
      }
      const { waiting, all } = take(new DOMParser().parseFromString(await response.text(), 'text/html'));
      button.hidden = waiting === 0;
      button.textContent = `${waiting}${all ? ' or more' : ''} new`;
      ages(Date.now());
    } catch {
      say('The list could not be brought up to date: the server does not answer. It is asked again.', false);
      setTimeout(() => void ask(), RETRY_MS);
    } finally {
      setTimeout(() => {
        asking = false;
        if (again) {
          again = false;
          void ask();
        }
      }, PAUSE_MS);
    }
  };

  const stop = () => {
    source?.close();
    source = undefined;
  };
  const start = () => {
    if (source || document.visibilityState === 'hidden') {
      return;
    }
    source = new EventSource('/traces/live');
    source.addEventListener('open', () => say('Live', true));
    source.addEventListener('news', () => void ask());
    source.addEventListener('error', () => {
      say('Not live: the connection is lost. It is tried again.', false);
      // A refusal is for good in the eyes of the browser; the next page that is asked for says why.
      if (source?.readyState === EventSource.CLOSED) {
        stop();
        setTimeout(start, RETRY_MS);
        void ask();
      }
    });
  };

  button.addEventListener('click', () => {
    showWaiting();
    button.hidden = true;
    window.scrollTo({ top: 0 });
    rows()[0]?.querySelector('a')?.focus({ preventScroll: true });
  });
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? stop() : start()));
  // An open connection would keep the page out of the back-forward cache.
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', start);
  setInterval(() => ages(Date.now()), AGES_MS);
  start();
}

/** @param {number} status */
function refusal(status) {
  switch (status) {
    case 401:
      return 'Not live: you are not signed in any more. Sign in and load the page again.';
    case 403:
    case 404:
      return 'Not live: the traces are not open to you any more.';
    default:
      return `Not live: the server answered ${status}. Load the page again.`;
  }
}

/**
 * Says anew how long ago each trace was, in the server's words.
 *
 * @param {number} now Milliseconds since 1970.
 */
function ages(now) {
  for (const time of document.querySelectorAll('#traces time')) {
    const seconds = Math.floor((now - Date.parse(time.getAttribute('datetime') ?? '')) / 1000);
    const words = ago(seconds);
    if (words && time.textContent !== words) {
      time.textContent = words;
    }
  }
}

/** @param {number} seconds */
function ago(seconds) {
  if (Number.isNaN(seconds)) {
    return '';
  }
  const days = Math.floor(seconds / 86_400);
  return seconds < 2
    ? 'just now'
    : seconds < 60
      ? `${seconds} s ago`
      : seconds < 3600
        ? `${Math.floor(seconds / 60)} min ago`
        : seconds < 86_400
          ? `${Math.floor(seconds / 3600)} h ago`
          : `${days} day${days === 1 ? '' : 's'} ago`;
}

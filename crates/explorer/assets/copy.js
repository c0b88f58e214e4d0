// Buttons that copy: `data-copy` the text before it, `data-copy-link` an address, `data-copy-from` what an address answers.

const SAID_MS = 1500;

/** @param {string} text */
async function write(text) {
  // Only pages that came over TLS or from this machine have a clipboard.
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text);
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) {
    throw new Error('the browser does not let this page copy');
  }
}

/** @param {HTMLElement} button */
async function textOf(button) {
  const { copyLink, copyFrom } = button.dataset;
  if (copyLink !== undefined) {
    return new URL(copyLink, location.href).href;
  }
  if (copyFrom !== undefined) {
    const answer = await fetch(copyFrom);
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    return answer.text();
  }
  return button.parentElement?.querySelector('code')?.textContent ?? '';
}

/** @param {(words: string) => void} say Tells assistive technology. */
export function copyOnClick(say) {
  document.addEventListener('click', async (event) => {
    const button = event.target instanceof Element && event.target.closest('[data-copy],[data-copy-link],[data-copy-from]');
    if (!(button instanceof HTMLElement) || button.dataset['said'] !== undefined) {
      return;
    }
    try {
      await write(await textOf(button));
      button.dataset['said'] = 'Copied';
    } catch (error) {
      button.dataset['said'] = `Not copied: ${error instanceof Error ? error.message : error}`;
    }
    say(button.dataset['said']);
    setTimeout(() => delete button.dataset['said'], SAID_MS);
  });
}

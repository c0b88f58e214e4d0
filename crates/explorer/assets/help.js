// The help dialog, which lists the keys, and the switch in it: keys of a single character can be turned off, since somebody who
// speaks to the browser types letters without meaning keys (WCAG 2.2, success criterion 2.1.4).

const SETTING = 'explorer.single-keys';

const dialog = () => /** @type {HTMLDialogElement | null} */ (document.getElementById('help'));

// A browser that stores nothing forgets the choice with the page.
let isOff = false;
try {
  isOff = localStorage.getItem(SETTING) === 'off';
} catch {}

/** Whether a key may mean something. @param {string} key */
export const isOn = (key) => key.length > 1 || !isOff;

export const showHelp = () => dialog()?.showModal();

export function startHelp() {
  const help = dialog();
  help?.addEventListener('keydown', (event) => {
    if (event.key === '?' && isOn('?')) {
      event.preventDefault();
      help.close();
    }
  });
  const box = /** @type {HTMLInputElement | null} */ (help?.querySelector('input') ?? null);
  if (!box) {
    return;
  }
  box.checked = !isOff;
  box.addEventListener('change', () => {
    isOff = !box.checked;
    try {
      localStorage.setItem(SETTING, isOff ? 'off' : 'on');
    } catch {}
  });
}

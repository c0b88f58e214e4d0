// Numbers and times as people read them: the same words as the server's (src/format.rs).

/** @type {[string, number][]} */
const UNITS = [['ns', 1], ['µs', 1e3], ['ms', 1e6], ['s', 1e9]];

/**
 * A duration with three significant digits: `842 µs`, `12.3 ms`, `1.24 s`; from a minute on, two units.
 *
 * @param {number} nanoseconds
 */
export function duration(nanoseconds) {
  if (!(nanoseconds > 0)) {
    return '0 ms';
  }
  for (const [unit, size] of UNITS) {
    const value = nanoseconds / size;
    if (value < (unit === 's' ? 59.95 : 999.5)) {
      const decimals = unit === 'ns' ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
      return `${value.toFixed(decimals)} ${unit}`;
    }
  }
  const whole = Math.round(nanoseconds / 1e9);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours === 0 ? `${minutes} min ${whole % 60} s` : `${count(hours)} h ${minutes} min`;
}

/**
 * A number with its thousands separated.
 *
 * @param {number} number
 */
export function count(number) {
  return number.toLocaleString('en-US');
}

/**
 * A number and its noun.
 *
 * @param {number} number
 * @param {string} one
 * @param {string} many
 */
export function counted(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

// Somebody who says a lot: global-setup.ts lets them, and the tests that turn pages read it.

/** Their account, and what they say, the oldest first: three pages, of which the last has three cruds. */
export const talker = {
  name: 'Lwaxana Troi',
  email: 'lwaxana@example.com',
  handle: 'lwaxana',
  password: 'daughter of the fifth house',
  cruds: Array.from({ length: 43 }, (_, index) => `Number ${index + 1}: ${'and another thing, '.repeat(12)}dear.`),
};

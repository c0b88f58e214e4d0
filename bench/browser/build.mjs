// `node build.mjs <pages> <out>`: bundles each page, minified, and compresses it as a server would send it.
//
// `<pages>` holds the folders `ours` and `inert` with what wasm-bindgen made (`page.js`, `page_bg.wasm`). The JavaScript
// that wasm-bindgen writes is bundled too: so a snippet that it imports is counted.

import { build } from 'esbuild';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { PAGES, PEERS } from './pages.mjs';

const [pages, out] = argv.slice(2);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @param {string} name */
function entry(name) {
  if (PEERS.includes(name)) {
    return { entryPoints: [here(`peers/${name}/page.js`)] };
  }
  if (name === 'plain') {
    return { entryPoints: [here('plain.js')] };
  }
  const glue = JSON.stringify(join(pages, name, 'page.js'));
  const contents = `import start from ${glue}; start({ module_or_path: '/page_bg.wasm' });`;
  return { stdin: { contents, resolveDir: here('.') } };
}

await rm(out, { recursive: true, force: true });
for (const { name } of PAGES) {
  const folder = join(out, name);
  await mkdir(folder, { recursive: true });
  await build({
    ...entry(name),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    outfile: join(folder, 'main.js'),
    logLevel: 'warning',
    // wasm-bindgen names a snippet once for each function that it imports from it.
    logOverride: { 'duplicate-object-key': 'silent' },
  });
  if (name === 'ours' || name === 'inert') {
    await cp(join(pages, name, 'page_bg.wasm'), join(folder, 'page_bg.wasm'));
  }
  for (const file of await readdir(folder)) {
    const bytes = await readFile(join(folder, file));
    const compressed = brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    await writeFile(join(folder, `${file}.br`), compressed);
  }
}

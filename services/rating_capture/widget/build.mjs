// Builds the widget into one file under `services/rating_capture/static`, a copy whose name
// carries its hash (never changes, so pages may pin it by integrity), and `widget.json`.
import { build, transform } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");

const minifiedStyle = {
  name: "minified-style",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const options = { loader: "css", minify: true, target: ["chrome90", "safari14.1"] };
      const { code } = await transform(await readFile(path, "utf8"), options);
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ["src/widget.ts"],
  bundle: true,
  minify: true,
  mangleProps: /^_/,
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  write: false,
  plugins: [minifiedStyle],
});
const script = outputFiles[0].contents;
const hash = createHash("sha256").update(script).digest("hex").slice(0, 16);
const manifest = {
  file: "widget.js",
  immutable_file: `widget-${hash}.js`,
  hash,
  integrity: `sha384-${createHash("sha384").update(script).digest("base64")}`,
  size_bytes: script.length,
  gzip_bytes: gzipSync(script, { level: 9 }).length,
};

await mkdir(out, { recursive: true });
await writeFile(join(out, manifest.file), script);
await writeFile(join(out, manifest.immutable_file), script);
await writeFile(join(out, "widget.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`widget.js ${manifest.size_bytes} B, ${manifest.gzip_bytes} B gzip`);

// Bundles the style sheet, fonts and scripts of all pages into `shared/pages/static`.
// The design tokens come as a module; CSS needs them as custom properties.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import tokens from "suomifi-design-tokens";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "static");
const { values } = tokens.suomifiDesignTokens;
const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const properties = [
  ...Object.entries(values.colors).map(([name, value]) => [`color-${dashed(name)}`, value.hsl]),
  ...Object.entries(tokens.suomifiDesignTokens.spacing).map(([name, value]) => [
    `spacing-${dashed(name)}`,
    value,
  ]),
  ...Object.entries(tokens.suomifiDesignTokens.radiuses).map(([name, value]) => [
    `radius-${dashed(name)}`,
    value,
  ]),
  ...Object.entries(tokens.suomifiDesignTokens.shadows).map(([name, value]) => [
    `shadow-${dashed(name)}`,
    value,
  ]),
];
const tokenSheet = `:root{${properties.map(([name, value]) => `--fi-${name}:${value}`).join(";")}}`;

await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: {
    arvio: "styles/arvio.css",
    live: "scripts/live.ts",
    copy: "scripts/copy.ts",
    refresh: "scripts/refresh.ts",
    "operators-page": "styles/operators.css",
  },
  outdir: "static",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020", "chrome90", "firefox88", "safari14.1"],
  loader: { ".woff2": "file" },
  assetNames: "fonts/[name]",
  logLevel: "warning",
  plugins: [
    {
      name: "tokens",
      setup(builder) {
        builder.onResolve({ filter: /^tokens:suomifi$/ }, () => ({
          path: "suomifi",
          namespace: "tokens",
        }));
        builder.onLoad({ filter: /.*/, namespace: "tokens" }, () => ({
          contents: tokenSheet,
          loader: "css",
        }));
      },
    },
  ],
});
await copyFile(join(here, "styles/arvio.svg"), join(out, "arvio.svg"));

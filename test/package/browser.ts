import assert from "node:assert/strict";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { NAME, type Project } from "./project.ts";

/** Whether a subpath is for browsers: `./client`, and what is below it. */
export const isForBrowsers = (subpath: string): boolean => /^\.\/client(\/|$)/.test(subpath);

/** What a page does with each of them, in a scope that has the language and nothing of Node. */
const USES: Readonly<Record<string, string>> = {
  "./client": "bundle.apiGatewayPreset().keepAlive.enabled === true",
};

/** Bundles what is for browsers without a polyfill, and uses it without Node. */
export async function bundleForBrowsers({ folder, subpaths }: Project): Promise<readonly string[]> {
  const forBrowsers = [...subpaths.keys()].filter(isForBrowsers);
  for (const subpath of forBrowsers) {
    const { outputFiles, metafile, warnings } = await build({
      stdin: { contents: `export * from "${NAME}${subpath.slice(1)}";`, resolveDir: folder },
      bundle: true,
      platform: "browser",
      format: "iife",
      globalName: "bundle",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    assert.deepEqual(warnings, []);
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    assert.deepEqual(imports, [], `${subpath} imports what is not in its bundle`);
    const use = USES[subpath];
    assert.ok(use !== undefined, `${subpath} is for browsers: say in browser.ts how it is used`);
    const [bundle] = outputFiles;
    assert.equal(runInContext(`${bundle?.text}\n${use}`, createContext({})), true, use);
  }
  return forBrowsers;
}

import assert from "node:assert/strict";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { NAME, type Project } from "./project.ts";

/** Whether a subpath is for browsers: `./client`, and what is below it. */
export const isForBrowsers = (subpath: string): boolean => /^\.\/client(\/|$)/.test(subpath);

/** What a page does with each of them, in a scope that has the language and nothing of Node. */
const USES: Readonly<Record<string, string>> = {
  "./client": `(() => {
    class WebSocket {
      constructor(url) { this.url = url; this.readyState = 0; WebSocket.made = this; }
      addEventListener(type, listener) { if (type === "message") this.listener = listener; }
      send(text) { this.sent = text; }
    }
    const options = bundle.preset({ WebSocket, handOver: true });
    const socket = new options.WebSocket("wss://api");
    let heard;
    socket.onmessage = ({ data }) => { heard = data; };
    WebSocket.made.readyState = socket.OPEN;
    socket.send('[{"id":1,"method":"query"}]');
    WebSocket.made.listener({ type: "message", data: "PONG" });
    return socket.url === "wss://api?handOver=1" && WebSocket.made.sent === '{"id":1,"method":"query"}'
      && heard === "PONG" && options.keepAlive.enabled && bundle.apiGatewayPreset().keepAlive.enabled;
  })()`,
  "./client/iot-core": `(() => {
    class WebSocket {}
    const link = bundle.iotLink({ url: "wss://broker/mqtt", WebSocket, http: () => () => {} });
    try {
      bundle.iotLink({ url: "https://broker" });
    } catch (error) {
      return error.option === "url" && typeof link.close === "function";
    }
  })()`,
  "./client/appsync-events": `(() => {
    try {
      bundle.appsyncLink({});
    } catch (error) {
      return error.option === "WebSocket";
    }
  })()`,
};

/** What every browser has and the language has not, and a link to a broker needs. */
const OF_BROWSERS = { TextDecoder, TextEncoder };

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
    assert.equal(
      runInContext(`${bundle?.text}\n${use}`, createContext({ ...OF_BROWSERS })),
      true,
      use,
    );
  }
  return forBrowsers;
}

/**
 * What `npm start` runs.
 *
 * npm start                 serves examples/board in the browser until Ctrl-C
 * npm start -- --port 8080  on a port of your choice
 * npm start -- --once       runs examples/ping through in the shell instead; also when there is no terminal
 * npm start -- --serve      serves the board although there is no terminal
 */
import process from "node:process";
import { parseArgs } from "node:util";

const USAGE = "usage: npm start [-- [--port <number>] [--once | --serve]]";

interface Options {
  readonly port: number | undefined;
  readonly isOnce: boolean;
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string" },
      once: { type: "boolean", default: false },
      serve: { type: "boolean", default: false },
    },
  });
  if (values.once && values.serve) throw new Error("--once and --serve exclude each other.");
  const { port } = values;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new Error(`--port ${port} is no port: it is a number up to 65535; 0 takes a free one.`);
  }
  return {
    port: port === undefined ? undefined : Number(port),
    isOnce: values.once || (!values.serve && !process.stdin.isTTY),
  };
}

function optionsOrExit(): Options {
  try {
    return optionsOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(2);
  }
}

const { isOnce, port } = optionsOrExit();
try {
  if (isOnce) {
    await import("./ping/local.ts");
  } else {
    const { serveBoard } = await import("./board/local.ts");
    await serveBoard({ port });
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

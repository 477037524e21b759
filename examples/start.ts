/**
 * What `npm start` runs.
 *
 * npm start                 serves examples/board in the browser until Ctrl-C
 * npm start -- --port 8080  on a port of your choice
 * npm start -- --once       runs examples/ping through in the shell instead; also when there is no terminal
 * npm start -- --serve      serves the board although there is no terminal
 * npm start -- --engine appsync --listeners 1000
 *                           runs examples/scores instead: one publish for all of them; also iot, iot-direct and
 *                           api-gateway
 */
import process from "node:process";
import { parseArgs } from "node:util";

const USAGE = `usage: npm start [-- [--port <number>] [--once | --serve]]
       npm start -- --engine appsync|iot|iot-direct|api-gateway [--listeners <number>]`;
const ENGINES = ["appsync", "iot", "iot-direct", "api-gateway"];
const LISTENERS = 1_000;

interface Options {
  readonly port: number | undefined;
  readonly isOnce: boolean;
  readonly engine: string | undefined;
  readonly listeners: number;
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string" },
      once: { type: "boolean", default: false },
      serve: { type: "boolean", default: false },
      engine: { type: "string" },
      listeners: { type: "string", default: String(LISTENERS) },
    },
  });
  if (values.once && values.serve) throw new Error("--once and --serve exclude each other.");
  const { port, engine, listeners } = values;
  if (engine !== undefined && !ENGINES.includes(engine)) {
    throw new Error(`--engine ${engine} is none of ${ENGINES.join(", ")}.`);
  }
  if (!/^[1-9]\d{0,4}$/.test(listeners)) {
    throw new Error(`--listeners ${listeners} is no number from 1 to 99999.`);
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new Error(`--port ${port} is no port: it is a number up to 65535; 0 takes a free one.`);
  }
  return {
    port: port === undefined ? undefined : Number(port),
    engine,
    listeners: Number(listeners),
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

const { isOnce, port, engine, listeners } = optionsOrExit();
try {
  if (engine !== undefined) {
    const { runScoresDemo } = await import("./scores/local.ts");
    process.exitCode = (await runScoresDemo(engine, listeners)) ? 0 : 1;
  } else if (isOnce) {
    await import("./ping/local.ts");
  } else {
    const { serveBoard } = await import("./board/local.ts");
    await serveBoard({ port });
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/**
 * Serves the board in the browser without AWS: an embedded DynamoDB, a gateway that behaves like API Gateway, and one
 * server for the page and the HTTP API.
 */
import process from "node:process";
import { buildPage } from "./local/page.ts";
import { type RunningBoard, startBoard } from "./local/start.ts";
import { users } from "./src/users.ts";

/** Taken when it is free, so that a tab that is open finds the next start again. */
const USUAL_PORT = 4280;

/** Serves until Ctrl-C. */
export async function serveBoard(options: { readonly port: number | undefined }): Promise<void> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const warn = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  };
  const start = (port: number): Promise<RunningBoard> =>
    startBoard({ port, pageFolder, onError: warn });

  print("Building the page …");
  const pageFolder = await buildPage();
  const board = await start(options.port ?? USUAL_PORT).catch((error: unknown) => {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken) throw error;
    if (options.port === undefined) return start(0);
    const { port } = options;
    throw new Error(`Port ${port} is in use. Choose another with --port; 0 takes a free one.`);
  });
  print("\nOpen it twice, side by side, as two users. Ctrl-C ends it.\n");
  for (const { id, name } of users.slice(0, 2))
    print(`  ${name.padEnd(7)}${board.url}/?user=${id}`);
  print("\nDrag a card, give one to the other user, cut a socket in the panel.");

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      board.stop().catch((error: unknown) => {
        warn(error);
        process.exit(1);
      });
    });
  }
}

/**
 * Serves the board in the browser without AWS: an embedded DynamoDB, a gateway that behaves like API Gateway, and one
 * server for the page and the HTTP API.
 */
import process from "node:process";
import { buildPage } from "./local/page.ts";
import { startBoard } from "./local/start.ts";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const board = await startBoard({
  port: 0,
  pageFolder: buildPage(),
  onError: (error) => process.stderr.write(`${error.message}\n`),
});
print(board.url);
process.once("SIGINT", () => { board.stop().then(() => process.exit(0)); });

/** What an experienced user writes: pages into a pool, sockets kept alive, as many of them as the pool is wide. */
import { pool } from "./pool.ts";
import { runProgram } from "./program.ts";
import { DEFAULT_WIDTH, sdkPages, sdkPost } from "./sdk.ts";

await runProgram((task, usage) => {
  const { width = DEFAULT_WIDTH } = task;
  const httpAgent = { keepAlive: true, maxSockets: width };
  const pages = sdkPages(task, usage);
  const post = sdkPost(task, { requestHandler: { httpAgent } });
  return async () => {
    await pool(pages(), width, post);
  };
});

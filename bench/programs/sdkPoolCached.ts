/** The same pool with all that the SDK's own options give: the middleware chain built once, no retries. */
import { pool } from "./pool.ts";
import { runProgram } from "./program.ts";
import { DEFAULT_WIDTH, sdkPages, sdkPost } from "./sdk.ts";

await runProgram((task, usage) => {
  const { width = DEFAULT_WIDTH } = task;
  const httpAgent = { keepAlive: true, maxSockets: width };
  const pages = sdkPages(task, usage);
  const post = sdkPost(task, {
    requestHandler: { httpAgent },
    cacheMiddleware: true,
    maxAttempts: 1,
  });
  return async () => {
    await pool(pages(), width, post);
  };
});

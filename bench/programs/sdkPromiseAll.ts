/** What the other tutorials show: read everybody, then post to all of them at once. */
import { runProgram } from "./program.ts";
import { everybody, sdkPages, sdkPost } from "./sdk.ts";

await runProgram((task, usage) => {
  const pages = sdkPages(task, usage);
  const post = sdkPost(task, {});
  return async () => {
    const targets = await everybody(pages());
    await Promise.all(targets.map(post));
    return { delivered: targets.length };
  };
});

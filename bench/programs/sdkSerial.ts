/** What many a tutorial shows: read everybody, then post to one after another. */
import { runProgram } from "./program.ts";
import { everybody, sdkPages, sdkPost } from "./sdk.ts";

await runProgram((task, usage) => {
  const pages = sdkPages(task, usage);
  const post = sdkPost(task, {});
  return async () => {
    const targets = await everybody(pages());
    for (const target of targets) await post(target);
    return { delivered: targets.length };
  };
});

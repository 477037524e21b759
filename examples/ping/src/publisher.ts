import { fanOut } from "./fanOut.ts";
import { appSubscriptions } from "./handlers.ts";

/** The one publisher of the process; a module of its own, so that tests can put theirs in its place. */
export const publisher = appSubscriptions.publisher({
  endpoint: process.env["WEBSOCKET_ENDPOINT"] ?? "",
  fanOut,
  onError: ({ error, path, connectionId }) => {
    process.stderr.write(`publish to ${path} failed for ${connectionId}: ${error.message}\n`);
  },
});

import type { PublishReport } from "trpc-aws-subscriptions";
import type { BoardPublisher } from "./chain.ts";
import type { Notifier } from "./notifier.ts";
import { users } from "./users.ts";

/** One call of `publish`, for whoever watches. */
export interface PublishCall {
  readonly route: "onBoard" | "onNotification";
  readonly filter: object;
  readonly data: object;
}

/** Runs a publish. It must not reject: a change that is made is not undone because somebody was not told. */
export type RunPublish = (call: PublishCall, send: () => Promise<PublishReport>) => Promise<void>;

/** Tells subscribers by publishing. */
export function createPublishingNotifier(
  publisher: () => BoardPublisher,
  runPublish: RunPublish,
): Notifier {
  return {
    tellBoard(boardId, data) {
      const filter = { name: "board", input: { boardId } } as const;
      return runPublish({ route: "onBoard", filter, data }, () =>
        publisher().routes.onBoard.publish({ data, filter }),
      );
    },

    tellUser(userId, data) {
      const filter = { name: "user", ctx: { userId } } as const;
      return runPublish({ route: "onNotification", filter, data }, () =>
        publisher().routes.onNotification.publish({ data, filter }),
      );
    },

    async countViewers(boardId) {
      const { count } = publisher().routes.onBoard;
      const counts = await Promise.all(
        users.map(async ({ id }) => {
          const filter = { name: "viewer", ctx: { userId: id }, input: { boardId } } as const;
          return [id, await count(filter)] as const;
        }),
      );
      return Object.fromEntries(counts.filter(([, tabs]) => tabs > 0));
    },
  };
}

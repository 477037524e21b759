import { type ManagementClient, managementClient, TEST_ENDPOINT } from "./managementClient.ts";

/** One text frame that was posted to a connection. */
export interface Post {
  readonly connectionId: string;
  readonly frame: string;
}

/** Options of {@link recordingClient}. */
export interface RecordingClientOptions {
  /**
   * Decides the HTTP status of a post: 410 for a connection that is gone, 429 for a slow client, 403, 413, 500. Called
   * for every try, retries included; a post with a status other than 200 is not recorded.
   *
   * @defaultValue 200, and 410 for a connection that was closed through the client
   */
  readonly onPost?: (post: Post) => number | undefined;
}

/** API Gateway's management API without API Gateway, and what was asked of it. */
export interface RecordingClient {
  /** Goes into `handler({ client })` and `publisher({ client })`. Its retries are off and it opens no socket. */
  readonly client: ManagementClient;
  /** Goes into `publisher({ endpoint })`: the API and stage of the events of `connectEvent` and `messageEvent`. */
  readonly endpoint: string;
  /** Every frame that reached its connection, in order. */
  readonly posts: readonly Post[];
  /** Every connection that was closed from the server, in order. */
  readonly closed: readonly string[];
  /** The frames that reached one connection, parsed; `PONG`, which is no JSON, as its text. */
  messages(connectionId: string): readonly unknown[];
}

/**
 * A management client that records instead of sending, for tests of handlers and publishers without AWS.
 *
 * ```ts
 * const { client, endpoint, messages } = recordingClient();
 * const app = chain.store({ store: memory() });
 * const [connect, handler] = [app.connect(), app.handler({ client })];
 * const publisher = app.publisher({ client, endpoint });
 *
 * await connect(connectEvent());
 * await handler(messageEvent({ id: 1, method: "subscription", params: { path: "onPing" } }));
 * await publisher.routes.onPing.publish({ data: "hi" });
 * messages("connection"); // [{ id: 1, result: { type: "started" } }, { id: 1, result: { type: "data", data: "hi" } }]
 * ```
 *
 * @category Testing
 */
export function recordingClient({ onPost }: RecordingClientOptions = {}): RecordingClient {
  const posts: Post[] = [];
  const closed: string[] = [];
  const client = managementClient({
    post(connectionId, frame) {
      if (closed.includes(connectionId)) return 410;
      const status = onPost?.({ connectionId, frame }) ?? 200;
      if (status === 200) posts.push({ connectionId, frame });
      return status;
    },
    close(connectionId) {
      if (closed.includes(connectionId)) return 410;
      closed.push(connectionId);
      return 204;
    },
  });
  return {
    client,
    endpoint: TEST_ENDPOINT,
    posts,
    closed,
    messages: (connectionId) =>
      posts
        .filter((post) => post.connectionId === connectionId)
        .map(({ frame }) => (frame === "PONG" ? frame : JSON.parse(frame))),
  };
}

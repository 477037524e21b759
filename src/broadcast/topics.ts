import type { BroadcastApp } from "../subscriptions/app.ts";
import { subscriberStreams } from "../subscriptions/streams.ts";
import type { Broker } from "./broker.ts";
import type { SecretKeys } from "./secret.ts";
import { topicLevels } from "./topicLevels.ts";

/** Which topics a subscriber listens to, and which a publish goes to. The one always finds the other. */
export class Topics {
  readonly #broker: Broker;
  readonly #keys: readonly [SecretKeys, ...SecretKeys[]];

  constructor(broker: Broker, keys: readonly [SecretKeys, ...SecretKeys[]]) {
    this.#broker = broker;
    this.#keys = keys;
  }

  /**
   * The topics of a subscriber: everybody's, one for each filter whose fields it has, and one for the ctx of each alone.
   * A filter with a field that it lacks has none: it is heard by nobody instead of everybody.
   *
   * @throws {@link TopicNameError}
   */
  ofSubscriber(
    app: Pick<BroadcastApp, "filters">,
    subscriber: { readonly path: string; readonly input: unknown; readonly ctx: unknown },
  ): readonly string[] {
    return subscriberStreams(app, subscriber).map((filter) =>
      this.#name(this.#keys[0], subscriber.path, filter),
    );
  }

  /**
   * The topics of a publish, those of older secrets too.
   *
   * @param filters - of `publishKeys`
   * @throws {@link TopicNameError}
   */
  ofPublish(path: string, filters: readonly (string | undefined)[]): readonly string[] {
    return this.#keys.flatMap((keys) => filters.map((filter) => this.#name(keys, path, filter)));
  }

  #name({ topics }: SecretKeys, path: string, filter: string | undefined): string {
    return this.#broker.topicName(topicLevels(topics, { path, filter }));
  }
}

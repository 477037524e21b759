import type { TopicLevels } from "../../broadcast/broker.ts";
import { TopicNameError } from "../../errors/broadcast.ts";
import { MAX_TOPIC_BYTES, MAX_TOPIC_SLASHES } from "../../protocol/iotCoreLimits.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";

/**
 * The whole name of a topic, for example `myapp/dev/mySubscription/f-byUser/<tag>`.
 *
 * @throws {@link TopicNameError} when IoT Core would not take it
 */
export function topicName(prefix: string, { route, audience, tag }: TopicLevels): string {
  const topic = `${prefix}/${route}/${audience}/${tag}`;
  const bytes = utf8Bytes(topic);
  if (bytes > MAX_TOPIC_BYTES) {
    throw new TopicNameError(
      topic,
      `has ${bytes} bytes, IoT Core takes at most ${MAX_TOPIC_BYTES}. Shorten the prefix.`,
    );
  }
  const slashes = topic.split("/").length - 1;
  if (slashes > MAX_TOPIC_SLASHES) {
    throw new TopicNameError(
      topic,
      `has ${slashes} slashes, IoT Core takes at most ${MAX_TOPIC_SLASHES}. Give the prefix fewer levels.`,
    );
  }
  return topic;
}

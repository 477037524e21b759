/**
 * Quotas of AWS IoT Core's message broker, each with its unit in the name.
 *
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */

/** The largest payload of a message. */
export const MAX_IOT_PAYLOAD_BYTES: number = 131_072;
/** The largest MQTT packet, headers included. */
export const MAX_MQTT_PACKET_BYTES: number = 149_504;
/** The longest topic or topic filter, in UTF-8. */
export const MAX_TOPIC_BYTES: number = 256;
/** Slashes of a topic or topic filter. */
export const MAX_TOPIC_SLASHES: number = 7;
/** Topic filters in one SUBSCRIBE. */
export const MAX_FILTERS_PER_SUBSCRIBE: number = 8;
/** Topic filters that one connection may be subscribed to; an account can have it raised. */
export const MAX_SUBSCRIPTIONS_PER_CONNECTION: number = 50;
/** The longest life of a WebSocket connection, and the longest time that a custom authorizer can say. */
export const MAX_CONNECTION_SECONDS: number = 86_400;
/** The shortest time that a custom authorizer can say. https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
export const MIN_AUTHORIZED_SECONDS: number = 300;
/** Policy documents in the answer of a custom authorizer. */
export const MAX_POLICY_DOCUMENTS: number = 10;
/** Characters of each of them. */
export const MAX_POLICY_CHARACTERS: number = 2_048;

/**
 * What a client of AWS IoT Core and its handlers have agreed on where every event is sent to one client id.
 *
 * A client makes a secret of 256 bits for each connection and is known by its hash. So whoever learns an id, which stands
 * in topics, rows and logs, can neither throw that client out nor hear what is for it.
 */

/** A secret as clients send it: 32 bytes in base64url. */
export const SECRET: RegExp = /^[\w-]{43}$/;

/** 132 bits of the secret's SHA-256, in base64url. */
const HASH_LENGTH = 22;
const HASH: RegExp = /^[\w-]{22}$/;

/** What a client id has besides the levels of its prefix: a dash for each, and the hash. */
export const CLIENT_ID_TAIL_LENGTH: number = 1 + HASH_LENGTH;

/** Begins every client id of a prefix. */
function clientIdPrefix(levels: readonly string[]): string {
  return `${levels.join("-")}-`;
}

/**
 * The id of the client with a secret.
 *
 * @param sha256 - of the secret's text
 */
export function clientIdOf(levels: readonly string[], sha256: Uint8Array): string {
  return clientIdPrefix(levels) + base64Url(sha256).slice(0, HASH_LENGTH);
}

/** Whether a text has the form of the client ids of a prefix. */
export function isClientId(levels: readonly string[], text: string): boolean {
  const prefix = clientIdPrefix(levels);
  return text.startsWith(prefix) && HASH.test(text.slice(prefix.length));
}

/** Where a client publishes its frames; no other client may. */
export function requestTopic(levels: readonly string[], clientId: string): string {
  return `${levels.join("/")}/requests/${clientId}`;
}

/** The topic of what is sent to clients, each by itself. Nobody may subscribe to it. */
export function messageTopic(levels: readonly string[]): string {
  return `${levels.join("/")}/messages`;
}

/** In base64url, without padding. */
export function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

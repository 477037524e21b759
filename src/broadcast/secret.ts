/**
 * What topics are named with and tokens are signed with: at least 32 bytes that only servers know, for example
 * `openssl rand -base64 32`. Publishers, the grant endpoint and the authorizer have the same.
 *
 * Several are for a change without a loss. The first one names the topics of new grants and signs them; with the others
 * tokens are accepted too, and every publish goes to their topics as well. Deploy everywhere `[old, new]`, then
 * `[new, old]`, and when the last grant of the old one is over, `new`.
 */
export type BroadcastSecret = string | readonly [string, ...string[]];

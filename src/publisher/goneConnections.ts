import { WrongEndpointError } from "../errors.ts";
import type { Route } from "../store/types.ts";
import type { App } from "../subscriptions/app.ts";
import { endConnection, type Report } from "./endConnection.ts";
import { fanOut } from "./fanOut.ts";

/** Posts before the share of 410s says anything. */
const MIN_POSTS = 20;
/** Share of 410s from which the endpoint is suspected rather than the connections. */
const SUSPICIOUS_SHARE = 0.9;
/** Connections cleaned up side by side; each takes a query and some deletes. */
const CONCURRENCY = 16;
/** Waiting routes beyond this are left to the next publish, so that memory does not grow with the audience. */
const MAX_WAITING = 1_000;

/**
 * Removes what a publish finds closed. While nearly all posts say 410, as with a wrong endpoint, nothing is removed:
 * the subscriptions of a whole API would be lost.
 */
export class GoneConnections {
  readonly #app: App;
  readonly #report: Report;
  readonly #ended = new Set<string>();
  #waiting: Route[] = [];
  #posted = 0;
  #gone = 0;

  constructor(app: App, report: Report) {
    this.#app = app;
    this.#report = report;
  }

  /** Notes a post that was answered, and cleans up what may be cleaned up by now. */
  async noteAnswer(route: Route, gone: boolean): Promise<void> {
    this.#posted++;
    if (gone) {
      this.#gone++;
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(route);
    }
    if (this.#posted >= MIN_POSTS) await this.#cleanUpUnlessSuspicious();
  }

  /** Cleans up the rest, or reports that the endpoint is suspected. */
  async finish(): Promise<void> {
    await this.#cleanUpUnlessSuspicious();
    if (this.#isSuspicious()) this.#report(new WrongEndpointError(this.#gone, this.#posted), {});
  }

  #isSuspicious(): boolean {
    return this.#posted >= MIN_POSTS && this.#gone / this.#posted >= SUSPICIOUS_SHARE;
  }

  async #cleanUpUnlessSuspicious(): Promise<void> {
    if (this.#isSuspicious()) return;
    const routes = this.#waiting;
    this.#waiting = [];
    await fanOut([routes], (route) => this.#cleanUp(route), {
      concurrency: CONCURRENCY,
      signal: new AbortController().signal,
    });
  }

  async #cleanUp(route: Route): Promise<void> {
    const { connectionId } = route.subscriber;
    try {
      await this.#app.store.removeRoute(route);
      if (this.#ended.has(connectionId)) return;
      this.#ended.add(connectionId);
      await endConnection(this.#app, connectionId, this.#report);
    } catch (error) {
      this.#report(error, { connectionId });
    }
  }
}

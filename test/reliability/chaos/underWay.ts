/** A subscription whose socket is not closed yet. */
export interface Subscription<TSubscriber> {
  readonly name: string;
  readonly connection: string;
  readonly subscriber: TSubscriber;
  readonly subscribedAt: number;
  isStarted: boolean;
  isEnded: boolean;
  releasedAt: number | undefined;
  /** The last event of each publisher, as its publisher counts. */
  readonly last: Map<string, number>;
  readonly owed: Set<Publish<TSubscriber>>;
}

/** A publish that has not settled yet. */
export interface Publish<TSubscriber> {
  readonly event: string;
  readonly publisher: string;
  readonly number: number;
  readonly beganAt: number;
  endedAt: number | undefined;
  isRejected: boolean;
  readonly isFor: (subscriber: TSubscriber) => boolean;
  /** Who must receive it still. */
  readonly owed: Set<Subscription<TSubscriber>>;
  readonly accepted: Set<string>;
  readonly receipts: Map<string, number>;
  readonly unanswered: Map<string, number>;
}

/** Whether what is published now must arrive. */
export function isLive<TSubscriber>({ isStarted, isEnded }: Subscription<TSubscriber>): boolean {
  return isStarted && !isEnded;
}

/** It is owed nothing any more. */
export function end<TSubscriber>(one: Subscription<TSubscriber>): void {
  one.isEnded = true;
  for (const publish of one.owed) publish.owed.delete(one);
  one.owed.clear();
}

/** It owes nobody anything any more. */
export function forget<TSubscriber>(publish: Publish<TSubscriber>): void {
  for (const one of publish.owed) one.owed.delete(publish);
  publish.owed.clear();
}

/** Counts one more. */
export function addOne(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

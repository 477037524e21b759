import assert from "node:assert/strict";
import type { NewEvent, Store, StoredEvent } from "../../store/types.ts";
import { END_SECONDS, PATH, START_MS, type StoreCase } from "./world.ts";

function event(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    path: PATH,
    filters: [undefined],
    cursor: "1",
    text: '{"id":"1","data":"#é😀"}',
    expireAt: END_SECONDS,
    ...fields,
  };
}

async function cursors(
  { history }: Pick<Store, "history">,
  query: { readonly path?: string; readonly filter?: string; readonly from?: string } = {},
): Promise<readonly string[]> {
  const found: StoredEvent[] = [];
  for await (const page of history.read({ path: PATH, from: "", ...query })) {
    assert.ok(page.length > 0, "a page is empty");
    found.push(...page);
  }
  return found.map(({ cursor }) => cursor);
}

const repeated = { status: "repeated", cursor: "1", fingerprint: "f", finished: false };

/** Events that are kept for clients that were away. */
export const historyCases: readonly StoreCase[] = [
  {
    name: "events are read in the order of their cursors, from a text on, as they were kept",
    async run({ store }) {
      for (const cursor of ["b1", "a", "c", "b"]) await store.history.keep(event({ cursor }));
      assert.deepEqual(await cursors(store), ["a", "b", "b1", "c"]);
      assert.deepEqual(await cursors(store, { from: "b" }), ["b", "b1", "c"]);
      assert.deepEqual(await cursors(store, { from: "b0" }), ["b1", "c"]);
      assert.deepEqual(await cursors(store, { from: "d" }), []);
      for await (const [first] of store.history.read({ path: PATH, from: "c" })) {
        assert.deepEqual(first, { cursor: "c", text: event().text });
      }
    },
  },
  {
    name: "an event is found under each of its filters and nowhere else",
    async run({ store }) {
      await store.history.keep(event({ cursor: "1", filters: ["name#f#ctx#a#1#", "name#g#"] }));
      await store.history.keep(event({ cursor: "2" }));
      await store.history.keep(event({ cursor: "3", path: `${PATH}#` }));
      assert.deepEqual(await cursors(store, { filter: "name#f#ctx#a#1#" }), ["1"]);
      assert.deepEqual(await cursors(store, { filter: "name#g#" }), ["1"]);
      // A filter whose text begins like another one's, or ends like it.
      for (const filter of ["name#f#ctx#a#", "name#f#ctx#a#1#input#b#2#", "name#f#", "name#"]) {
        assert.deepEqual(await cursors(store, { filter }), []);
      }
      assert.deepEqual(await cursors(store), ["2"]);
      assert.deepEqual(await cursors(store, { path: `${PATH}#` }), ["3"]);
    },
  },
  {
    name: "an event that is kept twice is there once",
    async run({ store }) {
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(await store.history.keep(event()), { status: "kept" });
        const once = { key: "k", fingerprint: "f" };
        assert.deepEqual(await store.history.keep(event({ once })), { status: "kept" });
      }
      assert.deepEqual(await cursors(store), ["1"]);
    },
  },
  {
    name: "of two events with one key the first one is kept, and the second told of it",
    async run({ store: { history }, store, clock }) {
      const once = { key: "order #1", fingerprint: "f" };
      await history.keep(event({ once }));
      const second = event({
        cursor: "2",
        filters: ["name#f#"],
        once: { ...once, fingerprint: "g" },
      });
      assert.deepEqual(await history.keep(second), repeated);
      assert.deepEqual(await cursors(store, { filter: "name#f#" }), []);
      await history.finish({ path: PATH, key: "another" });
      assert.deepEqual(await history.keep(second), repeated);
      await history.finish({ path: PATH, key: "order #1" });
      assert.deepEqual(await history.keep(second), { ...repeated, finished: true });
      // On another route, and with another key.
      assert.deepEqual(await history.keep({ ...second, path: "other" }), { status: "kept" });
      const other = event({ cursor: "3", once: { key: "order #2", fingerprint: "f" } });
      assert.deepEqual(await history.keep(other), { status: "kept" });
      clock.nowMs = END_SECONDS * 1000;
      const later = { ...second, expireAt: END_SECONDS + 60 };
      assert.deepEqual(await history.keep(later), { status: "kept" });
    },
  },
  {
    name: "of many publishes with one key at once, one event is kept",
    async run({ store }) {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          store.history.keep(event({ cursor: `${index}`, once: { key: "k", fingerprint: "f" } })),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === "kept").length, 1);
      assert.equal((await cursors(store)).length, 1);
    },
  },
  {
    name: "an event counts until it expires",
    async run({ store, clock }) {
      await store.history.keep(event({ expireAt: END_SECONDS + 0.9 }));
      clock.nowMs = END_SECONDS * 1000 - 1;
      assert.deepEqual(await cursors(store), ["1"]);
      clock.nowMs += 1;
      assert.deepEqual(await cursors(store), []);
    },
  },
  {
    name: "an event that is forgotten is under none of its filters",
    async run({ store }) {
      const filters = ["name#f#", "name#g#"];
      await store.history.keep(event({ filters }));
      await store.history.keep(event({ filters, cursor: "2" }));
      await store.history.forget(event({ filters }));
      await store.history.forget(event({ filters }));
      await store.history.forget(event({ path: "unknown" }));
      for (const filter of filters) assert.deepEqual(await cursors(store, { filter }), ["2"]);
    },
  },
  {
    name: "many events are read page by page, all of them",
    async run({ store }) {
      const all = Array.from({ length: 250 }, (_, index) => String(index).padStart(4, "0"));
      const text = "x".repeat(10_000);
      await Promise.all(all.map((cursor) => store.history.keep(event({ cursor, text }))));
      assert.deepEqual(await cursors(store), all);
    },
  },
  {
    name: "a reading that is aborted rejects with the reason",
    async run({ store }) {
      await store.history.keep(event());
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      const reading = store.history.read({ path: PATH, from: "", signal })[Symbol.asyncIterator]();
      await assert.rejects(reading.next(), reason);
    },
  },
  {
    name: "a note of a quiet client is that client's, until it expires",
    async run({ store: { history }, clock }) {
      const client = { path: PATH, filters: [undefined, "name#f#"], cursor: "1" };
      assert.equal(await history.quietUntil(client), undefined);
      await history.noteQuiet(client, START_MS, END_SECONDS);
      await history.noteQuiet(client, START_MS + 5, END_SECONDS + 0.9);
      assert.equal(await history.quietUntil(client), START_MS + 5);
      const others = [
        { ...client, cursor: "2" },
        { ...client, path: "other" },
        { ...client, filters: [undefined] },
      ];
      for (const other of others) assert.equal(await history.quietUntil(other), undefined);
      clock.nowMs = END_SECONDS * 1000;
      assert.equal(await history.quietUntil(client), undefined);
    },
  },
  {
    name: "a client is handed over once, if it can be",
    async run({ store, connect }) {
      await connect("able", { handOver: true });
      await connect("unable");
      const asked = await Promise.all(Array.from({ length: 5 }, () => store.takeHandOver("able")));
      assert.equal(asked.filter(Boolean).length, 1);
      assert.equal(await store.takeHandOver("able"), false);
      assert.equal(await store.takeHandOver("unable"), false);
      assert.equal(await store.takeHandOver("unknown"), false);
      await connect("gone", { handOver: true });
      await store.disconnect("gone");
      assert.equal(await store.takeHandOver("gone"), false);
    },
  },
];

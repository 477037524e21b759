import { ConnectionRefusedError, createTestGateway, memory } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { authenticate } from "../src/app.ts";
import { Boards } from "../src/boards.ts";
import { createChain } from "../src/chain.ts";
import { createPublishingNotifier } from "../src/publishingNotifier.ts";
import { createAppRouter } from "../src/router.ts";

/** The board's own chain in memory, publishing through the test gateway. */
function open() {
  const notifier = createPublishingNotifier(
    () => gateway.publisher,
    async (_call, send) => {
      await send();
    },
  );
  const router = createAppRouter({ boards: new Boards(), notifier });
  const chain = createChain(router, memory());
  const connect = chain.connect({
    authorize: ({ query }) => ({ session: authenticate(query["token"]) }),
  });
  return createTestGateway(chain, { connect });
}

let gateway: ReturnType<typeof open>;
beforeEach(() => {
  gateway = open();
});
afterEach(() => gateway.close());

const connectAs = (userId: string) => gateway.connect({ query: { token: `${userId}-token` } });

const toDone = {
  boardId: "launch",
  cardId: "LAU-1",
  to: { lane: "done", beforeId: null },
  seenRevision: 0,
} as const;

it("a move is told to those who look at this board, and to nobody else", async () => {
  const ada = await connectAs("ada");
  const grace = await connectAs("grace");
  const launch = await gateway.listen(grace.client.onBoard, { boardId: "launch" });
  const website = await gateway.listen(grace.client.onBoard, { boardId: "website" });
  expect(await launch.next()).toEqual({ type: "viewers" });
  expect(await website.next()).toEqual({ type: "viewers" });
  const change = await ada.client.card.move.mutate(toDone);
  expect(await launch.next()).toEqual({ type: "changed", change, byId: "ada" });
  await gateway.settled();
  expect(website.received).toEqual([{ type: "viewers" }]);
});

it("only the new owner of a card is told, and nobody of a card they take themselves", async () => {
  const ada = await connectAs("ada");
  const grace = await connectAs("grace");
  const hers = await gateway.listen(ada.client.onNotification);
  const his = await gateway.listen(grace.client.onNotification);
  const card = { boardId: "launch", cardId: "LAU-2" } as const;
  await ada.client.card.assign.mutate({ ...card, ownerId: "ada" });
  await ada.client.card.assign.mutate({ ...card, ownerId: "grace" });
  expect(await his.next()).toMatchObject({ text: "Ada gave you “Price the team plan”" });
  await gateway.settled();
  expect(hers.received).toEqual([]);
});

it("counts the tabs that show a board, and tells the others when one goes", async () => {
  const ada = await connectAs("ada");
  const grace = await connectAs("grace");
  const looks = await gateway.listen(ada.client.onBoard, { boardId: "launch" });
  await looks.next();
  const viewers = () => ada.client.board.viewers.query({ boardId: "launch" });
  await gateway.listen(grace.client.onBoard, { boardId: "launch" });
  expect(await looks.next()).toEqual({ type: "viewers" });
  expect(await viewers()).toEqual({ ada: 1, grace: 1 });
  await grace.close();
  expect(await looks.next()).toEqual({ type: "viewers" });
  expect(await viewers()).toEqual({ ada: 1 });
});

it("refuses a token of nobody, and a board that does not exist", async () => {
  await expect(connectAs("mallory")).rejects.toThrow(ConnectionRefusedError);
  const ada = await connectAs("ada");
  const move = ada.client.card.move.mutate({ ...toDone, boardId: "secret" });
  await expect(move).rejects.toThrow('There is no board "secret".');
});

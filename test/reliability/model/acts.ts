import fc from "fast-check";
import type { Audience, Version } from "../simulation/deployment.ts";
import type { Death } from "../simulation/mortalProcess.ts";
import { forgottenMembers, hasRoom, type Member, type Model, openMembers } from "./model.ts";
import type { PublishAudience } from "./publishers.ts";
import type { Fate, Session } from "./session.ts";

/** Something that somebody does. */
export interface Act {
  readonly kind: string;
  /** Whom and what. */
  readonly words: string;
  readonly canRun: (model: Model) => boolean;
  /** @returns the name of the connection it was about */
  readonly begin: (session: Session) => Promise<void> | string | undefined;
}

/** Texts of which some begin others. */
const ROOMS = ["1", "10", "1#"];
const USERS = ["bob", "bobby", "bob#"];
const MINUTE_MS = 60_000;

/** Which of those that there are. */
const which = fc.nat({ max: 11 });
const room = fc.constantFrom(...ROOMS);
const user = fc.constantFrom(...USERS);
const isLost = fc.boolean();
const death: fc.Arbitrary<Death> = fc.record({
  atCall: fc.nat({ max: 6 }),
  isCallMade: fc.boolean(),
});
const rareDeath = fc.option(death, { freq: 9, nil: undefined });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ isDuplicate: true }) },
  { weight: 1, arbitrary: death.map((each) => ({ death: each })) },
);
export const connect: fc.Arbitrary<Act> = fc
  .record({
    ...{ user, isAnnounced: fc.boolean(), death: rareDeath },
    minutes: fc.option(fc.constantFrom(1, 30), { freq: 8, nil: undefined }),
  })
  .map(({ user: who, isAnnounced, minutes, death: end }) => {
    const params = isAnnounced ? " with params to come" : "";
    const session = minutes === undefined ? "" : ` for ${minutes} min`;
    const sessionMs = minutes === undefined ? {} : { sessionMs: minutes * MINUTE_MS };
    return {
      kind: "connect",
      words: `${who}${params}${session}${fateText({ death: end })}`,
      canRun: hasRoom,
      begin: (own) => own.connect(who, { isAnnounced, ...sessionMs, death: end }),
    };
  });

export const sendParams: fc.Arbitrary<Act> = fc
  .record({ which, user: fc.option(user, { freq: 6, nil: undefined }), fate })
  .map(({ user: who, ...one }) =>
    ofOpen("params", one, {
      words: who ?? "that are bad",
      begin: (session, member) => session.sendParams(member, who, one.fate),
    }),
  );

const wanted = fc.record({ room, isReuse: fc.boolean() });
export const subscribe: fc.Arbitrary<Act> = fc
  .record({ which, fate, wishes: fc.array(wanted, { minLength: 1, maxLength: 3 }) })
  .map(({ wishes, ...one }) =>
    ofOpen("subscribe", one, {
      words: wishes.map((wish) => `${wish.room}${wish.isReuse ? " by an old id" : ""}`).join(", "),
      begin: (session, member) => session.subscribe(member, wishes, one.fate),
    }),
  );

export const stop: fc.Arbitrary<Act> = fc
  .record({ which, fate, what: fc.constantFrom("live", "live", "over", "unknown") })
  .map(({ what, ...one }) =>
    ofOpen("stop", one, {
      words: `one that is ${what}`,
      begin: (session, member) => {
        const uses = member.uses.filter(
          ({ subscription }) => (subscription.stopSentAt === undefined) === (what === "live"),
        );
        const use = uses[one.which % uses.length];
        if (use === undefined || what === "unknown") session.stopUnknown(member, one.fate);
        else session.stop(member, use, one.fate);
      },
    }),
  );

const audience: fc.Arbitrary<Audience> = fc.oneof(
  room.map((each) => ({ room: each })),
  fc.record({ room, userId: user }),
);
const anyAudience: fc.Arbitrary<PublishAudience> = fc.oneof(audience, audience, fc.constant({}));

export const publish: fc.Arbitrary<Act> = fc
  .record({ audience: anyAudience, publisher: fc.nat({ max: 2 }), death: rareDeath })
  .map(({ audience: whom, publisher, death: end }) => ({
    kind: "publish",
    words: `${audienceText(whom)} by publisher ${publisher}${fateText({ death: end })}`,
    canRun: () => true,
    begin: async ({ publishers }) => publishers.publish(whom, publisher, end),
  }));

export const end: fc.Arbitrary<Act> = fc
  .record({ kind: fc.constantFrom("complete", "disconnect"), audience, death: rareDeath })
  .map(({ kind, audience: whom, death: how }) => ({
    kind,
    words: `${audienceText(whom)}${fateText({ death: how })}`,
    canRun: () => true,
    begin: async ({ publishers }) => publishers.end(kind, whom, how),
  }));

export const revoke: fc.Arbitrary<Act> = fc.record({ which, fate }).map((one) =>
  ofOpen("revoke", one, {
    words: "",
    begin: ({ publishers }, member) => publishers.end("disconnect", member, one.fate.death),
  }),
);

export const drop: fc.Arbitrary<Act> = fc
  .record({ which, fate, isLost })
  .map(({ isLost: lost, ...one }) =>
    ofOpen("drop", one, {
      words: lost ? "with $disconnect lost" : "",
      begin: (session, member) => session.drop(member, lost, one.fate),
    }),
  );

export const disconnectLate: fc.Arbitrary<Act> = fc.record({ which, fate }).map((one) =>
  ofOne("late $disconnect", one, {
    words: "",
    among: forgottenMembers,
    begin: (session, member) => session.disconnectLate(member, one.fate),
  }),
);

export const jump: fc.Arbitrary<Act> = fc
  .record({ minutes: fc.constantFrom(1, 1, 1, 25, 60, 120, 136), isLost })
  .map(({ minutes, isLost: lost }) => ({
    kind: minutes === 120 ? "two-hour cut" : "clock jump",
    words: `of ${minutes} min${lost ? " with every $disconnect lost" : ""}`,
    canRun: () => true,
    begin: (session) => session.jump(minutes * MINUTE_MS, lost),
  }));

export const deploy: fc.Arbitrary<Act> = fc
  .record({
    version: fc.constantFrom<Version>("now", "before"),
    skewMs: fc.constantFrom(0, 2_000, -2_000),
  })
  .map(({ version, skewMs }) => ({
    kind: "deploy",
    words: `version ${version} with a clock off by ${skewMs} ms`,
    canRun: () => true,
    begin: async ({ publishers }) => publishers.deploy(version, skewMs),
  }));

export const settle: fc.Arbitrary<Act> = fc.constant({
  kind: "settle",
  words: "",
  canRun: () => true,
  begin: (session) => session.settle(),
});

interface One {
  readonly which: number;
  readonly fate: Fate;
}

interface MemberAct {
  readonly words: string;
  readonly among: (model: Model) => readonly Member[];
  readonly begin: (session: Session, member: Member) => void;
}

function ofOpen(kind: string, one: One, act: Omit<MemberAct, "among">): Act {
  return ofOne(kind, one, { ...act, among: openMembers });
}

/** Something that is done to one of some connections. */
function ofOne(kind: string, { which: index, fate: how }: One, act: MemberAct): Act {
  const { words, among, begin } = act;
  return {
    kind,
    words: `${words}${fateText(how)}`,
    canRun: (model) => among(model).length > 0,
    begin(session) {
      const members = among(session.model);
      const member = members[index % members.length];
      if (member !== undefined) begin(session, member);
      return member?.client.userId;
    },
  };
}

function audienceText({ room: where, userId }: PublishAudience): string {
  if (where === undefined) return "to everybody";
  return userId === undefined ? `to ${where}` : `to ${userId} in ${where}`;
}

function fateText({ isDuplicate, death: end }: Fate): string {
  if (isDuplicate === true) return ", twice";
  if (end === undefined) return "";
  return `, dies ${end.isCallMade ? "after" : "before"} call ${end.atCall}`;
}

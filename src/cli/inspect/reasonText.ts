import type { FieldDifference, MatchWarning, MismatchReason } from "../../inspect/types.ts";
import type { EpochMs } from "../../store/types.ts";
import { durationText, filterText, printable, valueText } from "../text.ts";

const TYPE_NAMES = {
  string: "text",
  number: "number",
  boolean: "boolean",
  bigint: "bigint",
} as const;

const HINTS = {
  type: "",
  case: ": they differ in upper and lower case",
  whitespace: ": they differ in white space at an end",
  unicodeForm: ": they look alike, but are written with other Unicode characters",
} as const;

/** Why a publish does not reach a subscription, for a person. */
export function reasonText(reason: MismatchReason, now: EpochMs): string {
  switch (reason.kind) {
    case "otherPath":
      return `it listens to ${printable(reason.path)}`;
    case "stopped":
      return `stopped ${durationText(now - reason.at)} ago`;
    case "expired":
      return `expired ${durationText(now - reason.expireAt * 1000)} ago`;
    case "streams":
      return "its procedure is a generator of its own: it sends what that yields, and publishers do not find it";
    case "noRow": {
      const has = reason.has.map((name) => printable(name)).join(", ") || "none";
      return `has no row for filter ${printable(reason.filter)}: when it subscribed a field was absent, undefined or no scalar, or the filter was not declared (it has: ${has})`;
    }
    case "rowDeleted":
      return "its row was deleted: a publisher found the connection gone, or somebody else removed it";
    case "differs":
      return reason.fields.map(differenceText).join("; ");
    case "otherFields": {
      const stored = reason.stored === "unreadable" ? "unreadable" : filterText(reason.stored);
      return `filter ${printable(reason.filter)} had other fields when it subscribed: ${stored}`;
    }
    case "otherApi":
      return reason.api === undefined
        ? "belongs to another API or stage"
        : `belongs to another API or stage: ${printable(`${reason.api.apiId}/${reason.api.stage}`)}`;
    case "otherShard":
      return `its row is in shard ${reason.shard}, and the publisher reads 0 to ${reason.shards - 1}: never lower \`shards\``;
    case "nobody":
      return "an empty array of filters addresses nobody";
    case "leftToEarlierFilter":
      return "an earlier filter of the union would find it, but for its row, which was deleted";
    case "ended":
      return "it has ended: of a union, later filters find only live subscriptions";
  }
}

function differenceText({ place, stored, published, onlyDiffersIn }: FieldDifference): string {
  if (onlyDiffersIn === "type") {
    return `${printable(place)} is ${typed(stored)} there, and ${typed(published)} in the publish`;
  }
  const hint = onlyDiffersIn === undefined ? "" : HINTS[onlyDiffersIn];
  return `${printable(place)} is ${valueText(stored)}, not ${valueText(published)}${hint}`;
}

function typed(value: FieldDifference["stored"]): string {
  const type = typeof value;
  const name = type in TYPE_NAMES ? `the ${TYPE_NAMES[type as keyof typeof TYPE_NAMES]} ` : "";
  return `${name}${valueText(value)}`;
}

const WARNINGS: Readonly<Record<MatchWarning, string>> = {
  connectionClosed: "its connection is closed: the post is answered with 410",
  connectionUnknown:
    "the table has no row of its connection: the post is probably answered with 410",
  leftOver: "the subscription has ended, and this row is left over: its client drops the message",
};

/** What may keep a message from arriving though it is sent. */
export function warningText(warning: MatchWarning): string {
  return WARNINGS[warning];
}

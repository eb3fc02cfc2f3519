import type { Sync } from "../../ports/index.js";
import { quote } from "../http/index.js";
import type { Route } from "./schemas.js";

type Condition = Route["status"]["conditions"][number];

/** Every message of a sync that failed begins with the gateways it was for. */
const server = "ServerAddr: ";
const longestMessage = 200;

/** What the ingress controller says of the route's present configuration; pure. */
export function syncOf(route: Pick<Route, "metadata" | "status">): Sync {
  const conditionOf = (wanted: string): Condition | undefined =>
    route.status.conditions.find(({ type }) => type === wanted);
  const accepted = conditionOf("Accepted");
  // Where a controller was replaced by one of 2.0 or later its condition stays.
  const formerly = accepted === undefined ? conditionOf("ResourcesAvailable") : undefined;
  if (formerly !== undefined) return { ...saidBy(route, formerly, isRefusedByAdmin), firstTryOnly: true };
  return saidBy(route, accepted, isRefusal);
}

function saidBy(
  { metadata }: Pick<Route, "metadata">,
  condition: Condition | undefined,
  isRefusal: (condition: Condition) => boolean,
): Sync {
  if (condition === undefined) return { kind: "pending" };
  const seen = condition.observedGeneration ?? metadata.generation;
  if (seen < metadata.generation) return { kind: "pending" };
  if (condition.status === "True") return { kind: "accepted" };
  if (condition.status === "Unknown") return { kind: "pending" };
  const refused = isRefusal(condition);
  const said = refused ? ownWords(condition.message) : condition.message;
  return { kind: refused ? "refused" : "unreachable", message: quote(`${condition.reason}: ${said}`, longestMessage) };
}

/** Of a refusal the first gateway's words alone: they name the object, and all others say the same. */
function ownWords(message: string): string {
  return /error_msg: (.*?)(?:; \S+: PUT |; ServerAddr: |$)/s.exec(message)?.[1] ?? message;
}

/**
 * Whether the configuration itself is refused: by the controller, or by every gateway that it was pushed to. Everything
 * else (no connection, no answer in time, no gateway, a message nobody knows) is a matter of gateways that come and go.
 */
function isRefusal({ reason, message }: Condition): boolean {
  if (reason !== "SyncFailed") return true;
  const pushes = message.split(new RegExp(`(?:^|; )${server}`)).slice(1);
  return pushes.length > 0 && pushes.every(isRefusedPush);
}

/** By the admin API that a controller before 2.0 writes each object to, or by that controller's own check. */
function isRefusedByAdmin({ message }: Condition): boolean {
  return /status code 4(00|22)\b|"error_msg"/.test(message);
}

/** `A,B, Err: A: why; B: why`; of a single gateway also `A, Err: why`. */
function isRefusedPush(push: string): boolean {
  const [, list = "", said = ""] = /^(.*?), Err(?:or)?: (.*)$/s.exec(push) ?? [];
  const addresses = list.split(",").filter((address) => address !== "");
  if (addresses.length === 0) return false;
  if (!addresses.some((address) => said.includes(`${address}: `))) return isRefusedAnswer(said);
  return addresses.every((address) => isRefusedAnswer(answerOf(said, address, addresses)));
}

function answerOf(said: string, address: string, addresses: readonly string[]): string {
  const starts = addresses.map((each) => startOf(said, each)).filter((start) => start >= 0);
  const start = startOf(said, address);
  if (start < 0) return "";
  const end = Math.min(...starts.filter((each) => each > start), said.length);
  return said.slice(start, end);
}

/** Addresses also stand in the answers: the one that heads an answer is at its beginning. */
function startOf(said: string, address: string): number {
  if (said.startsWith(`${address}: `)) return 0;
  const found = said.indexOf(`; ${address}: `);
  return found < 0 ? -1 : found + 2;
}

/**
 * The gateway's own words about the configuration, or ADC's about its schema. That somebody else has pushed in between
 * (`conf_version`) is cured by the next push.
 */
function isRefusedAnswer(answer: string): boolean {
  if (/conf_version/.test(answer)) return false;
  return /responded with status 400\b.*error_msg: /s.test(answer) || /^HTTP 400: .*"errors"/s.test(answer);
}

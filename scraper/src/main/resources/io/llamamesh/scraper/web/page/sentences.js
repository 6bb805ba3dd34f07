// What the page says, made of documents alone.
import { ago, clock, count, left, moment, percent } from "./words.js";

/** Why there is no matrix: said so that one knows what to do. */
export function why(matrix, at) {
  const agents = matrix.nodes.filter((n) => n.agent);
  if (at) return "No windows are held of that time.";
  if (agents.length === 0) return "No agents found yet. They appear as soon as their pods have an address.";
  const answering = agents.filter((n) => n.lastSeen);
  if (answering.length === 0) return `None of ${count(agents.length, "agent", "agents")} answers: ${agents[0].name}: ${agents[0].problem ?? "no answer"}.`;
  return `${answering.length} of ${count(agents.length, "agent", "agents")} answer. The first window comes about ${matrix.intervalSeconds + 3} s after they start probing.`;
}

/** "3 of 12 agents have not reported for 40 s", and who. */
export function silence(silent, all, now, interval) {
  const ages = silent.filter((n) => n.lastSeen).map((n) => (now - Date.parse(n.lastSeen)) / 1000).sort((a, b) => a - b);
  const have = silent.length === 1 ? "has" : "have";
  const [least, most] = [ago(ages[0] ?? 0), ago(ages.at(-1) ?? 0)];
  const since = ages.length < silent.length ? (ages.length ? ` for ${most}, or never` : " yet")
    : ages.at(-1) < interval ? " new windows, though they answer"
      : ages.at(-1) - ages[0] < 5 ? ` for ${most}` : ` for ${least} to ${most}`;
  const names = silent.slice(0, 3).map((n) => n.name).join(", ") + (silent.length > 3 ? " and more" : "");
  return `${silent.length} of ${count(all, "agent", "agents")} ${have} not reported${since}: ${names}.`;
}

/** The verdict that the agents' fabric gives before windows do; null where it has none. */
export function fastVerdict(fabric) {
  if (fabric?.partitions.some((p) => !p.probesOnly)) return "Partitioned";
  if (fabric?.unreachable.some((u) => u.kind === "node")) return "NodeUnreachable";
  return fabric?.partitions.length ? "ProbesBlocked" : null;
}

/** Who is unreachable, who cannot reach whom, and whose port is blocked, in lines of a text and a smaller one. */
export function fabricLines(fabric) {
  if (!fabric) return [];
  const some = (names) => names.slice(0, 8).join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "");
  const gone = (kind, words) => {
    const of = fabric.unreachable.filter((u) => u.kind === kind);
    return of.length ? [[`${some(of.map((u) => u.node))} ${of.length === 1 ? "is" : "are"} ${words}`, `since ${clock(of[0].since)}`]] : [];
  };
  const arrows = { both: " ↮ ", aToB: " ↛ ", bToA: " ↚ " };
  const cuts = fabric.partitions.map((p, i) => [
    `${p.probesOnly ? "UDP cut" : "Cut"}${mark(fabric, i)}: ${some(p.sideA)}${arrows[p.direction] ?? " ↮ "}${some(p.sideB)}`,
    (p.probesOnly ? "TCP passes; " : "") + (p.via.length ? `both reach ${some(p.via)}; ` : "") + `since ${clock(p.since)}`]);
  const blocked = fabric.fabricBlocked ?? [];
  const ports = blocked.length ? [[`${some(blocked.map((b) => b.node))}: the fabric's TCP port is blocked`, `probes arrive; since ${clock(blocked[0].since)}`]] : [];
  return [...cuts, ...gone("node", "unreachable"), ...gone("agent", "up, without an agent"), ...ports];
}

function mark(fabric, i) {
  return fabric.partitions.length > 1 ? " " + (i + 1) : "";
}

/** On which sides of cuts a node is, as "A" or "2B"; empty: on none. */
export function sidesOf(fabric, node) {
  return (fabric?.partitions ?? []).flatMap((p, i) =>
    [["A", p.sideA], ["B", p.sideB]].filter(([, side]) => side.includes(node)).map(([name]) => mark(fabric, i).trim() + name)).join(" ");
}

/** Whether what one sends to another crosses a cut in the direction in which nothing arrives. */
export function isCut(fabric, source, destination) {
  return (fabric?.partitions ?? []).some((p) =>
    (p.direction !== "bToA" && p.sideA.includes(source) && p.sideB.includes(destination))
    || (p.direction !== "aToB" && p.sideB.includes(source) && p.sideA.includes(destination)));
}

const KINDS = { Mesh: "", Node: "", Zone: "zone", ZonePair: "zones", Block: "", Pair: "" };
const WAYS = { Egress: ", all that it sends", Ingress: ", all that it receives" };

export function suspectName(s) {
  return (KINDS[s.kind] + " " + s.name.replace(/ ?> ?/, " → ").replace(" | ", " ↮ ")).trim() + (WAYS[s.direction] ?? "");
}

export function explained(s, silent) {
  const quiet = s.kind === "Node" && silent.find((one) => one.name === s.name && s.lossPercent === undefined);
  if (quiet) return silenceOf(quiet);
  if (s.kind === "Pair") return "this pair alone";
  const kind = s.kind === "Node" ? "node: " : s.kind === "Block" ? (s.sides.bothWays ? "both ways: " : "one way: ") : "";
  return kind + (s.explains === s.of ? `all ${s.of} of its tested links are bad` : `${s.explains} of its ${s.of} tested links are bad`);
}

/** Why somebody answers no probe, which is not loss. */
function silenceOf(s) {
  const of = s.sources === s.of ? `all ${s.of}` : `${s.sources} of ${s.of}`;
  if (s.cause === "Unreachable") return "answers neither probes nor HTTP: down, or cut off";
  if (s.cause === "Refused") return `its host refuses ${of} sources: nobody listens there`;
  if (s.cause === "Unsent") return `cannot send to ${of} destinations: no route, or a local filter`;
  return `has no usable answer for ${of} sources`;
}

/** Of whom no verdict says anything, until when, by whom and why; by the scraper's clock. */
export function silencedBy(silence, now) {
  const rest = left((Date.parse(silence.until) - now) / 1000);
  return `until ${moment(silence.until, now)}, ${rest} more; since ${moment(silence.since, now)}, by ${silence.by}: ${silence.because}`;
}

/** What would be said of a silenced node: who ends its silence must know. */
export function silencedTrouble(name, matrix) {
  const node = matrix.nodes.find((n) => n.name === name);
  if (!node) return "not in the mesh now";
  if (node.agent && !node.reporting) return "its agent does not report: " + (node.problem ?? "no new windows");
  const loss = (pairs) => {
    const sum = (id) => pairs.reduce((a, p) => a + p[id], 0);
    const counted = sum("lost") + sum("received");
    return counted ? percent((100 * sum("lost")) / counted) : null;
  };
  const from = loss(matrix.pairs.filter((p) => p.source === name));
  const to = loss(matrix.pairs.filter((p) => p.destination === name));
  const said = [from && `${from} of its own probes are lost`, to && `${to} of the probes of it`].filter(Boolean);
  return said.length ? "now " + said.join(", ") : "";
}

export function silentSince(node, now) {
  if (node.leaving) return "leaving: about to be removed, or just was; not judged";
  return (node.problem ?? "publishes no new windows") + (node.lastSeen ? `; last answer ${ago((now - Date.parse(node.lastSeen)) / 1000)} ago` : "");
}

export function stored(s) {
  if (s.state === "NotConfigured") return "None configured: windows are held in memory only.";
  if (s.state === "Unreachable") return `Unreachable, agents keep the windows: ${s.message}`;
  if (s.state === "Pending") return s.message ? `Nothing written by this scraper: ${s.message}.` : "Nothing written yet.";
  const but = s.message ? ` But ${s.message}` : "";
  return `${s.pointsWritten.toLocaleString("en")} points written, last at ${clock(s.lastWrite)}.${but}`;
}

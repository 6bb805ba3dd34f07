// Asks the scraper again and again, and says so when it does not answer.
import { follow, followWithToken, get } from "./api.js";
import { Details } from "./details.js";
import { Heatmap, METRICS } from "./matrix.js";
import { explained, fabricLines, fastVerdict, silence, silencedBy, silencedTrouble, silentSince, stored, suspectName, why } from "./sentences.js";
import { ago, clock, element, millis, percent, zone } from "./words.js";

const by = (id) => document.getElementById(id);
const HEALTHY = "Healthy", NO_DATA = "NoData", UNKNOWN = [NO_DATA, "Incomplete"];
const state = { metric: METRICS[0], traffic: null, windows: 3, at: null, drill: null, matrix: null, report: null, now: null, answered: null, failure: null, broken: null };

theme(localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
// What is looked at is in the address, so that it can be handed to a colleague.
const wanted = new URLSearchParams(location.hash.slice(1));
state.metric = METRICS.find((m) => m.id === wanted.get("metric")) ?? METRICS[0];
const details = new Details(() => {
  remember();
  if (details.pair && state.matrix) details.offerBurst(state.report, state.matrix.nodes);
});
const heatmap = new Heatmap(by("heatmap"), by("legend"), by("pointed"), {
  pair: (source, destination) => details.open(source, destination, state.traffic),
  zones: (source, destination) => drill([source, destination]),
});

for (const [index, metric] of METRICS.entries()) {
  const button = element("button", metric.name);
  button.type = "button";
  button.setAttribute("role", "radio");
  button.title = `${metric.name} (${index + 1})`;
  button.onclick = () => choose(metric);
  by("metrics").append(button);
}
by("metrics").onkeydown = (e) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  choose(METRICS[(METRICS.indexOf(state.metric) + step + METRICS.length) % METRICS.length]);
  by("metrics").children[METRICS.indexOf(state.metric)].focus();
};
by("class").onchange = (e) => { state.traffic = JSON.parse(e.target.value); ask(); };
by("find").onchange = (e) => find(e.target.value.trim());
document.addEventListener("click", followWithToken);
by("windows").onchange = (e) => { state.windows = Number(e.target.value); ask(); };
by("back").onclick = () => drill(null);
by("theme").onclick = () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark", true);
by("slider").oninput = (e) => travel(Number(e.target.value));
by("live").onclick = () => { state.at = null; ask(); };
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT)$/.test(e.target.tagName)) return;
  if (e.key === "Escape" && details.pair) details.close();
  else if (e.key === "Escape") heatmap.mark(null);
  if (e.key === "t") by("theme").click();
  if (METRICS[Number(e.key) - 1]) choose(METRICS[Number(e.key) - 1]);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });

let asking = null, timer = null, windows = [];
ask().then(() => {
  const [source, destination] = (wanted.get("pair") ?? "").split(">");
  if (source && destination && state.report) openPair(source, destination);
});
setInterval(freshness, 1000);
// A node that is gone is shown at once, not with the next question.
follow("/api/v1/report/watch", (report) => {
  state.report = report;
  if (state.matrix) { fabric(); verdict(); lists(); freshness(); }
});

function choose(metric) {
  state.metric = metric;
  remember();
  draw();
}

function remember() {
  const kept = new URLSearchParams();
  if (state.metric !== METRICS[0]) kept.set("metric", state.metric.id);
  if (details.pair) kept.set("pair", details.pair.join(">"));
  history.replaceState(null, "", kept.size ? "#" + kept : location.pathname);
}

function theme(name, chosen) {
  document.documentElement.dataset.theme = name;
  if (!chosen) return;
  localStorage.setItem("theme", name);
  heatmap.redraw();
  details.draw();
}

async function ask() {
  clearTimeout(timer);
  const mine = (asking = {});
  const wants = "/api/v1/matrix?" + wanting();
  const zones = state.drill;
  try {
    const [matrix, report, held] = await Promise.all([wants, "/api/v1/report", "/api/v1/windows"].map(get));
    if (mine !== asking) return;
    Object.assign(state, { matrix: { ...matrix.body, drill: zones }, report: report.body, now: matrix.now, answered: Date.now(), failure: null });
    windows = held.body.windows;
    by("matrix-json").href = wants;
    firstClass();
  } catch (e) {
    if (mine !== asking) return;
    state.failure = e.message;
  }
  try {
    draw();
    state.broken = null;
  } catch (e) {
    // A page that stops would go on showing what was.
    console.error(e);
    state.broken = e.message;
    freshness();
  }
  if (!document.hidden) details.refresh();
  const pause = Math.min(5, Math.max(1, (state.matrix?.intervalSeconds ?? 2) / 2));
  timer = setTimeout(() => (document.hidden ? null : ask()), pause * 1000);
}

/** Who opens the page sees the class in which something is wrong. */
function firstClass() {
  const worst = state.report.worstPairs[0];
  if (!state.traffic && worst) state.traffic = trafficOf(worst);
}

function trafficOf(pair) {
  return { port: pair.port, family: pair.family };
}

/** A pair in the class in which it is bad; in the one that is looked at where it is bad in none. */
function openPair(source, destination) {
  const bad = state.report.worstPairs.find((p) => p.source === source && p.destination === destination);
  return details.open(source, destination, bad ? trafficOf(bad) : state.traffic);
}

/** Only what is looked at is asked for: of a thousand nodes there are sixty thousand pairs. */
function wanting() {
  const query = new URLSearchParams({ windows: state.windows, rollup: state.drill ? "none" : "auto" });
  if (state.at) query.set("at", state.at);
  if (state.traffic?.port) { query.set("port", state.traffic.port); query.set("family", state.traffic.family); }
  if (state.drill?.[0] != null) query.set("sourceZone", state.drill[0]);
  if (state.drill?.[1] != null) query.set("destinationZone", state.drill[1]);
  return query;
}

/** Into the nodes of two zones, null being all of them; without: out again. */
function drill(zones) {
  state.drill = zones;
  by("back").hidden = !zones;
  if (!zones) heatmap.marked = null;
  heatmap.cursor = null;
  return ask();
}

function draw() {
  freshness();
  if (!state.matrix && state.failure) by("blank").textContent = "Nothing to show: the scraper does not answer.";
  if (!state.matrix) return;
  by("mesh").textContent = state.matrix.mesh;
  classes();
  [...by("metrics").children].forEach((b, i) => { b.setAttribute("aria-checked", METRICS[i] === state.metric); b.tabIndex = METRICS[i] === state.metric ? 0 : -1; });
  const { zonePairs, pairs, nodes } = state.matrix;
  const empty = (zonePairs ?? pairs).length === 0 && !state.drill;
  by("reading").hidden = empty;
  by("reading").textContent = "From ↓ to →. " + (zonePairs
    ? `${nodes.length} nodes, so zones are shown: a cell has the colour and number of its worst pair; open it to see its nodes.`
    : `Each row's node probes the nodes of the columns${zoneWords()}; a cell is what its probes saw on the way there and back.`);
  names(nodes);
  by("blank").hidden = !empty;
  by("heatmap").hidden = empty;
  by("legend").hidden = empty;
  if (empty) by("blank").textContent = why(state.matrix, state.at);
  else heatmap.show(state.matrix, state.metric, state.traffic);
  fabric();
  verdict();
  lists();
  time();
  details.offerBurst(state.report, state.matrix.nodes);
}

function zoneWords() {
  if (!state.drill) return "";
  const name = (z) => (z === null ? "all zones" : z === "" ? "no zone" : "zone " + z);
  return `, ${name(state.drill[0])} to ${name(state.drill[1])}`;
}

let named = "";
function names(nodes) {
  const all = nodes.map((n) => n.name);
  by("find").hidden = all.length <= 12;
  if (named === all.join()) return;
  named = all.join();
  by("names").replaceChildren(...all.map((name) => new Option(name)));
}

/** Frames a node's row and column, in its zone where zones are shown. */
async function find(name, direction) {
  const node = state.matrix?.nodes.find((n) => n.name === name);
  if (!node) { heatmap.mark(null); return; }
  if (state.matrix.zonePairs || state.drill) await drill(direction === "Ingress" ? [null, node.zone ?? ""] : [node.zone ?? "", null]);
  heatmap.mark({ node: name, direction });
  by("heatmap").scrollIntoView({ block: "nearest" });
}

function classes() {
  const known = state.matrix.classes;
  if (!known.some((c) => c.port === state.traffic?.port && c.family === state.traffic?.family)) state.traffic = known[0] ?? { port: "", family: "" };
  by("class-label").hidden = known.length < 2;
  const bad = (c) => state.report.worstPairs.some((p) => p.port === c.port && p.family === c.family);
  by("class").replaceChildren(...known.map((c) => {
    const option = new Option((bad(c) ? "✗ " : "") + c.port + " " + c.family, JSON.stringify(c));
    option.selected = c.port === state.traffic.port && c.family === state.traffic.family;
    return option;
  }));
}

/** What agents know of each other: a banner, and marks in the matrix. */
function fabric() {
  const { fabric: known } = state.report;
  const lines = fabricLines(known);
  const said = JSON.stringify(lines);
  if (by("fabric").dataset.said !== said) {
    by("fabric").dataset.said = said;
    by("fabric").replaceChildren(...lines.map(([text, small]) => element("p", "", text + " ", element("small", small))));
  }
  by("fabric").hidden = lines.length === 0;
  heatmap.sides(known);
}

function verdict() {
  const { report } = state;
  say("verdict-message", report.message);
  const t = report.totals;
  const limit = millis(state.matrix.rttP99LimitMillis).replace(/\.0+ /, " ");
  const facts = [["agents reporting", t.agentsReporting + " / " + t.agents, "Agents whose last window arrived, of those that should report"],
    ["pairs", t.pairs, "Ordered pairs of nodes with a recent window"], ["bad pairs", t.badPairs, "Pairs of nodes judged bad by loss or latency, in some class"],
    ["loss", percent(t.lossPercent), "Lost of all probes of the last three windows"],
    ["median RTT", millis(t.rttP50), "Half of the pairs have a shorter median round trip"],
    [`p99 RTT, limit ${limit}`, millis(t.rttP99), "99 of 100 pairs have a 99th percentile below this; a pair above the limit is slow"]];
  by("totals").replaceChildren(...facts.map(([name, value, meaning]) => {
    const fact = element("div", "", element("dt", name), element("dd", String(value)));
    fact.title = meaning;
    return fact;
  }));
}

function sign(word) {
  return word === HEALTHY ? "✓" : UNKNOWN.includes(word) ? "?" : "✗";
}

/** The verdict's word and colour and the tab's title; why it is only what once was, if it is. */
function standing(old) {
  const { report } = state;
  if (!report) return;
  // Windows say so a little later.
  const word = sign(report.verdict) !== "✗" && fastVerdict(report.fabric) || report.verdict;
  by("verdict").className = old ? "unknown" : { "✓": "good", "?": "warn", "✗": "bad" }[sign(word)];
  say("verdict-word", old ? "? was " + word : sign(word) + " " + word);
  document.title = (old ? "? " + old : sign(word) + " " + word) + " · " + report.mesh;
}

/** Only what changes is said again to who listens. */
function say(id, text) {
  if (by(id).textContent !== text) by(id).textContent = text;
}

function lists() {
  const { report } = state;
  const row = (name, number, small, action) => {
    const button = element("button", "", element("b", name), element("em", number), element("small", small));
    button.type = "button";
    button.onclick = action;
    return element("li", "", button);
  };
  const none = (words) => { const li = element("li", words); li.className = "none"; return li; };
  by("suspects").replaceChildren(...(report.suspects.length
    ? report.suspects.map((s) => row(suspectName(s), s.lossPercent === undefined ? "" : percent(s.lossPercent), explained(s, report.silent), () => suspect(s)))
    : [none(report.verdict === NO_DATA ? "Nothing to judge by yet." : "Nobody.")]));
  by("worst").replaceChildren(...(report.worstPairs.length
    ? report.worstPairs.slice(0, 12).map((p) => row(p.source + " → " + p.destination,
      p.verdict === "HighLatency" ? millis(p.rttP99) : percent(p.lossPercent),
      `${p.verdict} · ${p.port} · ${p.lost} of ${p.sent} lost` + (p.badPorts.length ? " · source ports " + p.badPorts.join(", ") : ""),
      () => details.open(p.source, p.destination, trafficOf(p))))
    : [none(report.verdict === NO_DATA ? "Nothing to judge by yet." : "No pair is bad.")]));
  const silent = state.matrix.nodes.filter((n) => n.agent && (!n.reporting || n.leaving));
  by("silent-section").hidden = silent.length === 0;
  by("silent").replaceChildren(...silent.slice(0, 20).map((n) => element("li", "", element("b", n.name), element("small", " " + silentSince(n, state.now)))));
  const silenced = report.silenced ?? [];
  by("silenced-section").hidden = silenced.length === 0;
  by("silenced").replaceChildren(...silenced.map((one) => element("li", "", element("b", one.node), element("small", " " + silencedBy(one, state.now)), element("small", silencedTrouble(one.node, state.matrix)))));
  const s = report.store;
  by("store").className = s.state === "Unreachable" ? "unreachable" : "";
  by("store").textContent = stored(s);
}

async function suspect(s) {
  const [a, b] = s.name.split(">");
  if (s.kind === "Pair") { openPair(a, b); return; }
  if (s.kind === "Mesh" || s.kind === "Block") { heatmap.mark(null); return; }
  if (s.kind === "Node") { find(s.name, s.direction); return; }
  if (s.kind === "ZonePair") {
    if (state.matrix.zonePairs || state.drill) await drill([a, b]);
    else heatmap.mark({ zone: a, direction: "Egress" });
  } else {
    if (state.drill) await drill(null);
    heatmap.mark({ zone: s.name, direction: s.direction });
  }
  by("heatmap").scrollIntoView({ block: "nearest" });
}

function time() {
  const slider = by("slider");
  slider.max = Math.max(0, windows.length - 1);
  const index = state.at ? windows.findIndex((w) => w.end >= state.at) : windows.length - 1;
  if (document.activeElement !== slider || !state.at) slider.value = index < 0 ? windows.length - 1 : index;
  by("live").hidden = !state.at;
  by("time").hidden = windows.length === 0;
  by("when").className = state.at ? "past" : "";
  by("when").textContent = state.at ? "as of " + clock(state.at) : "now";
  by("past").hidden = !state.at;
  by("past").textContent = state.at ? `The matrix is as of ${clock(state.at)}; verdict, suspects and worst pairs are of now.` : "";
  by("oldest").textContent = windows.length ? clock(windows[0].end) : "";
  by("newest").textContent = windows.length ? clock(windows.at(-1).end) : "";
  slider.setAttribute("aria-valuetext", by("when").textContent);
  const most = Math.max(state.matrix.lossPercentLimit, ...windows.map((w) => w.lossPercent ?? 0));
  by("strip-most").textContent = windows.some((w) => w.lossPercent > 0) ? "full height: " + percent(most) : "no loss";
  by("strip").replaceChildren(...windows.map((w) => {
    const bar = document.createElement("i");
    bar.style.height = 2 + (24 * (w.lossPercent ?? 0)) / most + "px";
    bar.className = w.lossPercent > state.matrix.lossPercentLimit ? "bad" : w.lossPercent > 0 ? "lossy" : "";
    bar.title = clock(w.end) + " " + percent(w.lossPercent);
    return bar;
  }));
}

let travelling = null;
function travel(index) {
  state.at = index >= windows.length - 1 ? null : windows[index].end;
  by("when").textContent = state.at ? "as of " + clock(state.at) : "now";
  clearTimeout(travelling);
  travelling = setTimeout(ask, 120);
}

/** How old what is shown is, every second: silence must not look like health. */
function freshness() {
  const place = by("freshness");
  const trouble = [];
  if (state.failure) {
    trouble.push(`The scraper does not answer (${state.failure}).` + (state.answered ? ` What you see is ${ago((Date.now() - state.answered) / 1000)} old.` : " Asking again."));
  }
  const last = state.matrix?.lastWindow;
  // The scraper's clock, so a wrong one here does no harm.
  const now = state.now + Date.now() - state.answered;
  const age = last && !state.at ? (now - Date.parse(last)) / 1000 : null;
  const stale = state.failure || (age !== null && age > state.matrix.intervalSeconds * 5 + 10);
  if (stale && !state.failure) trouble.push(`No new window for ${ago(age)}: no agent has reported since ${clock(last)}.`);
  const agents = state.matrix?.nodes.filter((n) => n.agent && !n.leaving && !n.silencedUntil) ?? [];
  const silent = agents.filter((n) => !n.reporting);
  if (!state.failure && silent.length && last) trouble.push(silence(silent, agents.length, now, state.matrix.intervalSeconds));
  if (state.broken) trouble.unshift(`The page failed: ${state.broken}.`);
  by("trouble").hidden = trouble.length === 0;
  say("trouble", trouble.join(" "));
  standing(state.broken ? "page failed" : state.failure ? "no answer" : null);
  by("heatmap").classList.toggle("stale", Boolean(stale));
  place.classList.toggle("stale", Boolean(stale));
  if (!state.matrix) place.textContent = state.failure ? "no answer" : "loading…";
  else if (!last) place.textContent = "no window yet";
  else place.textContent = state.at ? "as of " + clock(last) : `newest window ${clock(last)} ${zone()}, ${ago(age)} ago`;
}

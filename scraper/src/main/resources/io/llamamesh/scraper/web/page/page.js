// Asks the scraper again and again, and says so when it does not answer.
import { Details } from "./details.js";
import { Heatmap, METRICS } from "./matrix.js";
import { ago, clock, count, element, millis, percent } from "./words.js";

const by = (id) => document.getElementById(id);
const HEALTHY = "Healthy", NO_DATA = "NoData";
const state = { metric: METRICS[0], traffic: null, windows: 3, at: null, matrix: null, report: null, answered: null, failure: null };

theme(localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
// What is looked at is in the address, so that it can be handed to a colleague.
const wanted = new URLSearchParams(location.hash.slice(1));
state.metric = METRICS.find((m) => m.id === wanted.get("metric")) ?? METRICS[0];
const details = new Details(() => remember());
const heatmap = new Heatmap(by("heatmap"), by("legend"), by("pointed"), {
  pair: (source, destination) => details.open(source, destination, state.traffic),
  zones: () => { by("back").hidden = false; draw(); },
});

for (const [index, metric] of METRICS.entries()) {
  const button = element("button", metric.name);
  button.type = "button";
  button.setAttribute("role", "radio");
  button.title = `${metric.name} (${index + 1})`;
  button.onclick = () => choose(metric);
  by("metrics").append(button);
}
by("class").onchange = (e) => { state.traffic = JSON.parse(e.target.value); draw(); };
by("windows").onchange = (e) => { state.windows = Number(e.target.value); ask(); };
by("back").onclick = () => { heatmap.drill = null; by("back").hidden = true; draw(); };
by("theme").onclick = () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark", true);
by("slider").oninput = (e) => travel(Number(e.target.value));
by("live").onclick = () => { state.at = null; ask(); };
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT)$/.test(e.target.tagName)) return;
  if (e.key === "Escape" && details.pair) details.close();
  if (e.key === "t") by("theme").click();
  if (METRICS[Number(e.key) - 1]) choose(METRICS[Number(e.key) - 1]);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });

let asking = null, timer = null, windows = [];
ask().then(() => {
  const [source, destination] = (wanted.get("pair") ?? "").split(">");
  if (source && destination) details.open(source, destination, state.traffic);
});
setInterval(freshness, 1000);

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
  const query = new URLSearchParams({ windows: state.windows });
  if (state.at) query.set("at", state.at);
  try {
    const [matrix, report, held] = await Promise.all(
      ["/api/v1/matrix?" + query, "/api/v1/report", "/api/v1/windows"].map(get));
    if (mine !== asking) return;
    Object.assign(state, { matrix, report, answered: Date.now(), failure: null });
    windows = held.windows;
  } catch (e) {
    if (mine !== asking) return;
    state.failure = e.message;
  }
  draw();
  if (!document.hidden) details.refresh();
  const pause = Math.min(5, Math.max(1, (state.matrix?.intervalSeconds ?? 2) / 2));
  timer = setTimeout(() => (document.hidden ? null : ask()), pause * 1000);
}

async function get(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(10000) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ?? "HTTP " + answer.status);
  return body;
}

function draw() {
  freshness();
  if (!state.matrix) return;
  by("mesh").textContent = state.matrix.mesh;
  classes();
  [...by("metrics").children].forEach((b, i) => b.setAttribute("aria-checked", METRICS[i] === state.metric));
  const empty = state.matrix.pairs.length === 0;
  by("blank").hidden = !empty;
  by("heatmap").hidden = empty;
  by("legend").hidden = empty;
  if (empty) by("blank").textContent = why();
  else heatmap.show(state.matrix, state.metric, state.traffic);
  verdict();
  lists();
  time();
}

/** Why there is no matrix: said so that one knows what to do. */
function why() {
  const agents = state.matrix.nodes.filter((n) => n.agent);
  if (state.at) return "No windows are held of that time.";
  if (agents.length === 0) return "No agents found yet. They appear as soon as their pods have an address.";
  const answering = agents.filter((n) => n.lastSeen);
  if (answering.length === 0) return `None of ${count(agents.length, "agent", "agents")} answers: ${agents[0].name}: ${agents[0].problem ?? "no answer"}.`;
  return `${answering.length} of ${count(agents.length, "agent", "agents")} answer. The first window comes about ${state.matrix.intervalSeconds + 3} s after they start probing.`;
}

function classes() {
  const known = state.matrix.classes;
  if (!known.some((c) => c.port === state.traffic?.port && c.family === state.traffic?.family)) state.traffic = known[0] ?? { port: "", family: "" };
  by("class-label").hidden = known.length < 2;
  by("class").replaceChildren(...known.map((c) => {
    const option = new Option(c.port + " " + c.family, JSON.stringify(c));
    option.selected = c.port === state.traffic.port && c.family === state.traffic.family;
    return option;
  }));
}

function verdict() {
  const { report } = state;
  by("verdict").className = report.verdict === HEALTHY ? "good" : report.verdict === NO_DATA ? "warn" : "bad";
  by("verdict-word").textContent = (report.verdict === HEALTHY ? "✓ " : report.verdict === NO_DATA ? "? " : "✗ ") + report.verdict;
  by("verdict-message").textContent = report.message;
  const t = report.totals;
  const facts = [["agents reporting", t.agentsReporting + " / " + t.agents], ["pairs", t.pairs], ["bad", t.badPairs],
    ["loss", percent(t.lossPercent)], ["p50", millis(t.rttP50)], ["p99", millis(t.rttP99)]];
  by("totals").replaceChildren(...facts.map(([name, value]) => element("div", "", element("dt", name), element("dd", String(value)))));
  document.title = (report.verdict === HEALTHY ? "✓ " : "✗ ") + report.verdict + " · " + report.mesh;
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
    ? report.suspects.map((s) => row(`${s.kind} ${s.name}${s.direction ? " " + s.direction.toLowerCase() : ""}`,
      s.lossPercent === undefined ? "" : percent(s.lossPercent), `explains ${s.explains} bad links of its ${s.of}`, () => suspect(s)))
    : [none(report.verdict === NO_DATA ? "Nothing to judge by yet." : "Nobody.")]));
  by("worst").replaceChildren(...(report.worstPairs.length
    ? report.worstPairs.slice(0, 12).map((p) => row(p.source + " → " + p.destination,
      p.verdict === "HighLatency" ? millis(p.rttP99) : percent(p.lossPercent),
      `${p.verdict} · ${p.port} · ${p.lost} of ${p.sent} lost` + (p.badPorts.length ? " · source ports " + p.badPorts.join(", ") : ""),
      () => details.open(p.source, p.destination, state.traffic)))
    : [none(report.verdict === NO_DATA ? "Nothing to judge by yet." : "No pair is bad.")]));
  const silent = state.matrix.nodes.filter((n) => n.agent && !n.reporting);
  by("silent-section").hidden = silent.length === 0;
  by("silent").replaceChildren(...silent.slice(0, 20).map((n) => element("li", "", element("b", n.name),
    element("small", " " + (n.problem ?? "publishes no new windows") + (n.lastSeen ? `; last answer ${ago((Date.parse(state.matrix.time) - Date.parse(n.lastSeen)) / 1000)} ago` : "")))));
  const s = report.store;
  by("store").className = s.state === "Unreachable" ? "unreachable" : "";
  by("store").textContent = s.state === "NotConfigured" ? "None configured: windows are held in memory only."
    : s.state === "Unreachable" ? `Unreachable, agents keep the windows: ${s.message}`
      : s.state === "Pending" ? "Nothing written yet." : `${s.pointsWritten.toLocaleString("en")} points written, last at ${clock(s.lastWrite)}.`;
}

function suspect(s) {
  const [a, b] = s.name.split(">");
  if (s.kind === "Pair") details.open(a, b, state.traffic);
  else if (s.kind === "ZonePair" && heatmap.rolledUp) { heatmap.drill = [a, b]; by("back").hidden = false; draw(); }
  else by("heatmap").focus();
}

function time() {
  const slider = by("slider");
  slider.max = Math.max(0, windows.length - 1);
  const index = state.at ? windows.findIndex((w) => w.end >= state.at) : windows.length - 1;
  if (document.activeElement !== slider || !state.at) slider.value = index < 0 ? windows.length - 1 : index;
  by("live").disabled = !state.at;
  by("when").className = state.at ? "past" : "";
  by("when").textContent = state.at ? clock(state.at) : "now";
  slider.setAttribute("aria-valuetext", by("when").textContent);
  const most = Math.max(1, ...windows.map((w) => w.lossPercent ?? 0));
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
  by("when").textContent = state.at ? clock(state.at) : "now";
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
  // Both clocks are the scraper's, so a wrong one here does no harm.
  const age = last && !state.at ? (Date.parse(state.matrix.time) - Date.parse(last)) / 1000 + (Date.now() - state.answered) / 1000 : null;
  const stale = state.failure || (age !== null && age > state.matrix.intervalSeconds * 5 + 10);
  if (stale && !state.failure) trouble.push(`No new window for ${ago(age)}: no agent has reported since ${clock(last)}.`);
  const agents = state.matrix?.nodes.filter((n) => n.agent) ?? [];
  const silent = agents.filter((n) => !n.reporting);
  if (!stale && silent.length && state.matrix.pairs.length) {
    const seen = silent.map((n) => n.lastSeen).filter(Boolean).sort();
    trouble.push(`${silent.length} of ${count(agents.length, "agent", "agents")} ${silent.length === 1 ? "does" : "do"} not report`
      + (seen.length ? `, the longest for ${ago((Date.parse(state.matrix.time) - Date.parse(seen[0])) / 1000)}.` : "."));
  }
  by("trouble").hidden = trouble.length === 0;
  by("trouble").textContent = trouble.join(" ");
  by("heatmap").classList.toggle("stale", Boolean(stale));
  place.classList.toggle("stale", Boolean(stale));
  if (!state.matrix) place.textContent = state.failure ? "no answer" : "loading…";
  else if (!last) place.textContent = "no window yet";
  else place.textContent = state.at ? "as of " + clock(last) : `newest window ${clock(last)}, ${ago(age)} ago`;
}

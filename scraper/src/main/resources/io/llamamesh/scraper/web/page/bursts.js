// Bursts: all agents probe one node many times at once; asked for here, and followed until all have answered.
import { get, post } from "./api.js";
import { clock, count, element, exactly, millis } from "./words.js";

const by = (id) => document.getElementById(id);
const NAME = "llama-mesh-name";
const POLL_MS = 500;
/** From the last probe until the scraper that began a burst has given up waiting, and some more. */
const PATIENCE_MS = 10000;

export class Bursts {
  constructor() {
    this.pair = null;
    this.sources = 0;
    this.reports = new Map();
    by("burst-open").onclick = () => this.confirm();
    by("burst-cancel").onclick = () => by("burst-dialog").close();
    by("burst-form").oninput = () => this.sum();
    by("burst-form").onsubmit = (e) => { e.preventDefault(); this.start(); };
  }

  /** Offers bursts at the destination of a pair that so many agents may probe; null: none. */
  offer(pair, sources) {
    const other = pair?.[1] !== this.pair?.[1];
    this.pair = pair;
    this.sources = sources;
    by("burst").hidden = !pair;
    if (!pair) return;
    if (other) {
      by("burst-failed").hidden = true;
      by("burst-words").textContent = "";
      this.draw();
    }
    by("burst-open").textContent = `Burst at ${pair[1]}…`;
    this.refresh();
  }

  /** Looks for bursts of the node, others' too. */
  async refresh() {
    const asked = this.pair;
    if (!asked) return;
    clearTimeout(this.timer);
    try {
      const { body, now } = await get("/api/v1/bursts");
      this.known = body;
      this.now = now;
      const id = this.due(body.bursts.find((b) => b.target === asked[1]), this.reports.get(asked[1]));
      if (id) await this.read(asked[1], id);
      if (this.pair === asked) this.draw();
    } catch (e) {
      if (this.pair === asked) this.fail(e.message);
    }
    if (this.pair === asked && this.running()) this.timer = setTimeout(() => this.refresh(), POLL_MS);
  }

  /** Which one to read: one that is newer than what is shown, or that one until its end is known. */
  due(newest, shown) {
    if (newest && newest.id !== shown?.id && !(Date.parse(newest.startedAt) < Date.parse(shown?.startedAt))) return newest.id;
    return shown?.state === "running" || (shown?.state === "unknown" && newest?.id === shown.id) ? shown.id : null;
  }

  /** Behind one name there are several scrapers, and the one that answers need not be the one that began it. */
  async read(target, id) {
    try {
      const { body, now } = await get("/api/v1/bursts/" + encodeURIComponent(id));
      this.now = now;
      this.keep(target, body);
    } catch (e) {
      if (e.status !== 404) throw e;
      const shown = this.reports.get(target);
      if (shown?.id === id && Date.now() > shown.until) this.reports.set(target, { ...shown, state: "unknown" });
    }
  }

  keep(target, report) {
    this.reports.set(target, { ...report, until: Date.now() + 1000 * report.seconds + PATIENCE_MS });
  }

  running() {
    return this.reports.get(this.pair?.[1])?.state === "running";
  }

  confirm() {
    by("burst-title").textContent = `Burst at ${this.pair[1]}`;
    by("burst-name").value = localStorage.getItem(NAME) ?? "";
    by("burst-pps").max = this.known.maxPps;
    by("burst-seconds").max = this.known.maxSeconds;
    this.sum();
    by("burst-dialog").showModal();
  }

  sum() {
    const pps = Number(by("burst-pps").value), seconds = Number(by("burst-seconds").value);
    by("burst-sum").textContent = pps > 0 && seconds > 0
      ? `Up to ${count(this.sources, "agent sends", "agents send")} ${this.pair[1]} ${(pps * this.sources).toLocaleString("en")} probes per second together, for ${seconds} s.`
      : "";
  }

  async start() {
    const target = this.pair[1];
    const name = by("burst-name").value.trim();
    localStorage.setItem(NAME, name);
    const order = { target, pps: Number(by("burst-pps").value), seconds: Number(by("burst-seconds").value) };
    by("burst-dialog").close();
    by("burst-failed").hidden = true;
    by("burst-open").disabled = true;
    by("burst-words").textContent = `Asking for a burst at ${target}…`;
    try {
      const { body, now } = await post("/api/v1/bursts", name ? { ...order, by: name } : order);
      this.keep(target, body);
      this.now = now;
      await this.refresh();
    } catch (e) {
      by("burst-words").textContent = "";
      this.fail(`The burst was not started: ${e.message}.`);
      this.draw();
    }
  }

  fail(words) {
    by("burst-failed").hidden = false;
    by("burst-failed").textContent = words;
  }

  draw() {
    const report = this.reports.get(this.pair[1]);
    const unavailable = this.known?.unavailable;
    by("burst-open").disabled = Boolean(unavailable) || !this.known || this.running();
    by("burst-why").textContent = unavailable
      ? `Not from here: ${unavailable}. From a terminal: ./llama-mesh burst ${this.pair[1]} --server http://AGENT:8100`
      : "All agents that probe it do so many times at once, beside what is measured. It takes seconds.";
    by("burst-table").hidden = !report;
    by("burst-progress").hidden = report?.state !== "running";
    by("burst-notes").textContent = "";
    if (!report) return;
    const done = report.rows.filter((r) => r.state === "done");
    const waits = report.missing.length;
    const gone = Math.max(0, Math.min(report.seconds, (this.now - Date.parse(report.startedAt)) / 1000));
    const what = `${report.pps} probes/s for ${report.seconds} s from each agent, by ${report.by}`;
    by("burst-progress").max = report.seconds;
    by("burst-progress").value = gone;
    by("burst-words").textContent = report.state === "running"
      ? (gone < report.seconds ? `Probing, ${Math.floor(gone)} s of ${report.seconds} s` : `Collecting answers, ${waits} to come`) + `: ${what}.`
      : `${clock(report.startedAt)}: ${what}.` + (report.state === "unknown" ? " What came of it is not known here: another scraper began it, or this one was restarted." : "");
    this.table(done);
    by("burst-table").hidden = done.length === 0;
    by("burst-notes").textContent = this.notes(report).join(" ");
  }

  table(rows) {
    const source = this.pair[0];
    const sorted = [...rows].sort((a, b) => (b.source === source) - (a.source === source) || (b.lossPercent ?? -1) - (a.lossPercent ?? -1));
    by("burst-rows").replaceChildren(...sorted.map((r) => {
      const cells = [exactly(r.lossPercent), `${exactly(r.lossLow)} to ${exactly(r.lossHigh)}`, `${r.lost ?? "–"} of ${(r.lost ?? 0) + (r.received ?? 0)}`,
        String(r.late ?? "–"), millis(r.rttP50), millis(r.rttP99), millis(r.rttMax)];
      const name = element("th", r.source);
      name.scope = "row";
      const line = element("tr", "", name, ...cells.map((text) => element("td", text)));
      line.className = r.source === source ? "asked" : "";
      return line;
    }));
  }

  /** Who has no row, and why. */
  notes(report) {
    const of = (state) => report.rows.filter((r) => r.state === state);
    const names = (list) => list.slice(0, 8).join(", ") + (list.length > 8 ? ` and ${list.length - 8} more` : "");
    const said = [...of("refused"), ...of("failed")].slice(0, 8).map((r) => `${r.source} did not probe: ${r.reason ?? r.state}.`);
    const others = of("not_probing").map((r) => r.source);
    if (others.length) said.push(`By their config these do not probe it: ${names(others)}.`);
    if (report.state === "done" && report.missing.length) said.push(`No answer from ${names(report.missing)}.`);
    return said;
  }
}

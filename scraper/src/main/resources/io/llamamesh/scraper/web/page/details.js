// One pair: its history, and what each source port sees.
import { get } from "./api.js";
import { Bursts } from "./bursts.js";
import { clock, colour, count, millis, percent } from "./words.js";

const by = (id) => document.getElementById(id);

export class Details {
  /** Calls with the pair whenever another one, or none, is shown. */
  constructor(shown) {
    this.shown = shown;
    this.bursts = new Bursts();
    this.history = echarts.init(by("history"));
    this.paths = echarts.init(by("paths"));
    new ResizeObserver(() => { this.history.resize(); this.paths.resize(); }).observe(by("details"));
    by("close").onclick = () => this.close();
    by("reverse").onclick = () => this.pair && this.open(this.pair[1], this.pair[0], this.traffic);
    by("details-class").onchange = (e) => { this.traffic = JSON.parse(e.target.value); this.draw(); };
  }

  async open(source, destination, traffic) {
    this.pair = [source, destination];
    this.traffic = traffic;
    this.shown(this.pair);
    by("details").hidden = false;
    this.history.resize();
    by("details-title").textContent = source + " → " + destination;
    by("details-words").textContent = "loading…";
    by("details-json").href = this.path();
    await this.refresh();
    by("details-title").focus({ preventScroll: true });
    by("details").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  close() {
    by("details").hidden = true;
    this.pair = null;
    this.bursts.offer(null, 0);
    this.shown(null);
    by("heatmap").focus();
  }

  /** Offers bursts where agents know of each other and the pair's destination is one of them. */
  offerBurst(report, nodes) {
    const agents = nodes.filter((n) => n.agent);
    const can = this.pair && report.fabric && agents.some((n) => n.name === this.pair[1]);
    this.bursts.offer(can ? this.pair : null, agents.length - 1);
  }

  path() {
    return "/api/v1/pairs/" + this.pair.map(encodeURIComponent).join("/");
  }

  async refresh() {
    if (!this.pair) return;
    const asked = this.pair;
    try {
      const { body } = await get(this.path());
      if (this.pair !== asked) return;
      this.document = body;
      this.draw();
    } catch (e) {
      if (this.pair !== asked) return;
      this.document = null;
      this.history.clear();
      this.paths.clear();
      by("paths-words").textContent = "";
      by("details-words").textContent = e.message;
    }
  }

  draw() {
    if (!this.document) return;
    const all = this.document.series;
    const series = all.find((s) => s.port === this.traffic?.port && s.family === this.traffic?.family) ?? all[0];
    by("details-class-label").hidden = all.length < 2;
    by("details-class").replaceChildren(...all.map((s) => {
      const option = new Option(s.port + " " + s.family, JSON.stringify({ port: s.port, family: s.family }));
      option.selected = s === series;
      return option;
    }));
    const sum = (id) => series.history.reduce((a, w) => a + w[id], 0);
    const lost = sum("lost"), counted = lost + sum("received");
    const ways = [];
    if (sum("forwardLost")) ways.push(sum("forwardLost") + " on the way there");
    if (sum("returnLost")) ways.push(sum("returnLost") + " on the way back");
    if (sum("refused")) ways.push(sum("refused") + " refused (host up, reflector absent)");
    const last = series.history.at(-1), due = sum("due"), skipped = sum("skipped"), stalled = sum("stalled");
    // What one window can tell apart at all.
    const seen = last.received + last.lost;
    const fewer = (skipped ? ` ${percent((100 * skipped) / due)} of ${due} due probes were skipped: the agent did not run.` : "")
      + (stalled ? ` ${stalled} answers stalled and have no RTT.` : "")
      + (seen ? ` One lost probe is ${percent(100 / seen)} of a window.` : "");
    by("details-words").textContent =
      `${count(series.history.length, "window", "windows")} since ${clock(series.history[0].end)}: ${lost} of ${counted} lost`
      + (ways.length ? ", " + ways.join(", ") : "") + `. Newest: ${percent(last.lossPercent)}, p50 ${millis(last.rttP50)}, p99 ${millis(last.rttP99)}.` + fewer;
    this.drawHistory(series);
    this.drawPaths(series);
  }

  drawHistory(series) {
    const soft = { color: colour("soft") };
    const line = (name, id, shade, dash) => ({
      name, type: "line", yAxisIndex: 1, showSymbol: series.history.length < 3, connectNulls: false, lineStyle: { color: shade, width: 2, type: dash },
      itemStyle: { color: shade }, data: series.history.map((w) => [w.end, w[id] ?? null]),
    });
    this.history.setOption({
      animation: false,
      legend: { textStyle: soft, top: 0 },
      grid: { left: 60, right: 70, top: 40, bottom: 28 },
      tooltip: { trigger: "axis", confine: true, backgroundColor: colour("panel"), borderColor: colour("line"), textStyle: { color: colour("ink") } },
      xAxis: { type: "time", axisLabel: { ...soft, hideOverlap: true } },
      yAxis: [
        { type: "value", name: "loss", min: 0, max: (v) => Math.max(1, Math.ceil(v.max)), axisLabel: { ...soft, formatter: (v) => percent(v) }, nameTextStyle: soft, splitLine: { lineStyle: { color: colour("line") } } },
        { type: "value", name: "RTT", min: 0, axisLabel: { ...soft, formatter: (v) => millis(v) }, nameTextStyle: soft, splitLine: { show: false } },
      ],
      series: [
        { name: "loss", type: "bar", barMaxWidth: 14, itemStyle: { color: colour("s3"), opacity: 0.85 }, tooltip: { valueFormatter: percent },
          data: series.history.map((w) => [w.end, w.lossPercent ?? null]) },
        { ...line("p50", "rttP50", colour("l4"), "solid"), tooltip: { valueFormatter: millis } },
        { ...line("p99", "rttP99", colour("l3"), "dashed"), tooltip: { valueFormatter: millis } },
      ],
    });
  }

  drawPaths(series) {
    const none = series.paths.length === 0;
    by("paths").hidden = none;
    by("paths-words").textContent = none
      ? "No lossy window in the last ten minutes: agents publish source ports of pairs that lost something."
      : `Over ${count(series.pathWindows.length, "lossy window", "lossy windows")} of the last ten minutes. Each source port takes one of the equal-cost paths: loss on some of them only is a broken path.`;
    if (none) return;
    this.paths.resize();
    const soft = { color: colour("soft") };
    const most = Math.max(...series.paths.map((p) => p.lossPercent ?? 0));
    this.paths.setOption({
      animation: false,
      grid: { left: 60, right: 20, top: 16, bottom: 40 },
      tooltip: { confine: true, backgroundColor: colour("panel"), borderColor: colour("line"), textStyle: { color: colour("ink") },
        formatter: (e) => { const p = series.paths[e.dataIndex]; return `source port ${p.sourcePort}<br>${percent(p.lossPercent)}: ${p.lost} of ${p.sent}`; } },
      xAxis: { type: "category", data: series.paths.map((p) => String(p.sourcePort)), axisLabel: soft, name: "source port", nameLocation: "middle", nameGap: 24, nameTextStyle: soft },
      yAxis: { type: "value", min: 0, max: Math.min(100, Math.max(1, most > 10 ? 10 * Math.ceil(most / 10) : Math.ceil(most))), axisLabel: { ...soft, formatter: (v) => percent(v) }, splitLine: { lineStyle: { color: colour("line") } } },
      series: [{ type: "bar", barMaxWidth: 48, data: series.paths.map((p) => ({ value: p.lossPercent ?? null,
        itemStyle: { color: most > 0 && (p.lossPercent ?? 0) > most / 2 ? colour("s4") : colour("l3") } })),
        label: { show: series.paths.length <= 16, position: "top", color: colour("ink"), formatter: (e) => percent(e.value) } }],
    });
  }
}

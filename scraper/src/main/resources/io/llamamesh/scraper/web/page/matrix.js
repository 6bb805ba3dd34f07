// The heatmap: rows probe columns; above a hundred nodes zones instead, until one is picked.
import { clock, colour, escaped, millis, percent } from "./words.js";

export const METRICS = [
  { id: "lossPercent", name: "Loss", words: percent },
  { id: "rttP50", name: "p50", words: millis },
  { id: "rttP99", name: "p99", words: millis },
  { id: "jitter", name: "Jitter", words: millis },
];
const ROLL_UP_ABOVE = 100;
const LABELS_UP_TO = 14;

export class Heatmap {
  constructor(place, legend, pointed, opened) {
    this.place = place;
    this.legend = legend;
    this.pointed = pointed;
    this.opened = opened;
    this.chart = echarts.init(place);
    this.drill = null;
    this.cursor = null;
    this.chart.on("click", (e) => e.componentType === "series" && this.open(e.value[0], e.value[1]));
    new ResizeObserver(() => { this.chart.resize(); this.redraw(); }).observe(place);
    place.addEventListener("keydown", (e) => this.key(e));
    place.addEventListener("blur", () => this.point(null));
  }

  show(matrix, metric, traffic) {
    this.shown = [matrix, metric, traffic];
    const grid = this.grid(matrix, traffic);
    this.current = grid;
    const scale = metric.id === "lossPercent" ? lossScale(matrix.lossPercentLimit) : rttScale(grid, metric, matrix.rttP99LimitMillis);
    this.metric = metric;
    const cells = [], voids = [];
    for (let y = 0; y < grid.rows.length; y++) {
      for (let x = 0; x < grid.columns.length; x++) {
        const cell = grid.cells.get(grid.rows[y].key + "\n" + grid.columns[x].key);
        const value = cell?.[metric.id];
        if (value === undefined || value === null) {
          if (grid.rows[y].key !== grid.columns[x].key || cell) voids.push([x, y]);
        } else {
          cells.push({ value: [x, y, value], itemStyle: { color: scale.colour(value) }, label: { color: scale.ink(value) } });
        }
      }
    }
    this.draw(grid, metric, cells, voids);
    this.explain(scale);
  }

  redraw() {
    if (this.shown) this.show(...this.shown);
  }

  /** Rows, columns and cells of nodes or of zones. */
  grid(matrix, traffic) {
    const pairs = matrix.pairs.filter((p) => p.port === traffic.port && p.family === traffic.family);
    const zones = new Set(matrix.nodes.map((n) => n.zone ?? ""));
    this.rolledUp = matrix.nodes.length > ROLL_UP_ABOVE && zones.size > 1 && !this.drill;
    if (this.rolledUp) return zoneGrid(matrix, pairs);
    let sources = matrix.nodes.filter((n) => n.agent), destinations = matrix.nodes;
    if (this.drill) {
      sources = sources.filter((n) => (n.zone ?? "") === this.drill[0]);
      destinations = destinations.filter((n) => (n.zone ?? "") === this.drill[1]);
    }
    const cells = new Map();
    for (const pair of pairs) cells.set(pair.source + "\n" + pair.destination, pair);
    return { rows: sources.map(axis), columns: destinations.map(axis), cells, nodes: true };
  }

  draw(grid, metric, cells, voids) {
    const n = Math.max(grid.rows.length, grid.columns.length);
    const height = `clamp(240px, ${Math.min(60 + grid.rows.length * 72, Math.max(320, this.place.clientWidth))}px, 64vh)`;
    if (this.place.style.height !== height) {
      this.place.style.height = height;
      this.chart.resize();
    }
    const narrow = this.place.clientWidth < 560;
    const longest = Math.max(4, ...grid.rows.map((r) => r.label.length), ...grid.columns.map((c) => c.label.length));
    const text = { color: colour("soft"), fontSize: n > 40 ? 9 : 12, interval: n <= 60 ? 0 : "auto", hideOverlap: n > 60 };
    const width = Math.min(narrow ? 90 : 160, longest * 7 + 14);
    const slant = longest * 7 + 8 > (this.place.clientWidth - width - 8) / Math.max(1, grid.columns.length);
    const zoned = grid.nodes && grid.columns.some((c) => c.zone) && !slant;
    const first = (list, i) => list[i]?.zone && (i === 0 || list[i].zone !== list[i - 1].zone);
    const axes = (list) => ({
      type: "category", data: list.map((i) => i.label), axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { ...text, rich: { z: { color: colour("ink"), fontWeight: "bold", fontSize: 11, lineHeight: 15 } }, lineHeight: 13,
        formatter: (label, i) => (zoned && first(list, i) ? `{z|zone ${list[i].zone}}\n${label}` : label) },
    });
    const columnAxis = axes(grid.columns);
    columnAxis.position = "top";
    columnAxis.axisLabel.rotate = slant ? 50 : 0;
    columnAxis.axisLabel.width = 110;
    columnAxis.axisLabel.overflow = "truncate";
    columnAxis.axisLabel.verticalAlign = slant ? undefined : "bottom";
    const rowAxis = axes(grid.rows);
    rowAxis.inverse = true;
    rowAxis.axisLabel.width = width - 10;
    rowAxis.axisLabel.overflow = "truncate";
    const label = n <= LABELS_UP_TO && !(narrow && n > 6);
    this.chart.setOption({
      animation: false,
      grid: { left: width, right: 8, top: slant ? Math.min(100, longest * 5.5 + 14) : zoned ? 42 : 26, bottom: 6 },
      xAxis: columnAxis, yAxis: rowAxis,
      tooltip: {
        confine: true, backgroundColor: colour("panel"), borderColor: colour("line"), textStyle: { color: colour("ink") },
        formatter: (e) => this.tip(e.value[0], e.value[1]),
      },
      series: [
        { type: "heatmap", data: cells, progressive: 0, itemStyle: { borderColor: colour("panel"), borderWidth: n > 60 ? 0 : 2, borderRadius: n > 30 ? 0 : 3 },
          label: { show: label, formatter: (e) => metric.words(e.value[2]).replace(" ", narrow ? "" : " "), fontSize: n > 10 ? 11 : 13 },
          emphasis: { itemStyle: { borderColor: colour("ink"), borderWidth: 2 } } },
        { type: "heatmap", data: voids.map((v) => [...v, 0]), progressive: 0,
          itemStyle: { color: { image: hatch(), repeat: "repeat" }, borderColor: colour("panel"), borderWidth: n > 60 ? 0 : 2 },
          emphasis: { itemStyle: { borderColor: colour("ink"), borderWidth: 2 } } },
      ],
      // Cells bring their own colours; ECharts insists on a map for a heatmap.
      visualMap: { show: false, seriesIndex: [], min: 0, max: 1 },
    }, { replaceMerge: ["series"] });
    this.chart.setOption({ graphic: this.zoneLines(grid) }, { replaceMerge: ["graphic"] });
  }

  /** A line where one zone ends and the next begins. */
  zoneLines(grid) {
    const area = this.chart.getModel().getComponent("grid").coordinateSystem.getRect();
    const line = (x1, y1, x2, y2) => ({ type: "line", silent: true, z: 10, shape: { x1, y1, x2, y2 }, style: { stroke: colour("soft"), lineWidth: 2 } });
    const borders = (list) => list.map((item, i) => i).filter((i) => i > 0 && list[i].zone !== list[i - 1].zone);
    return [
      ...borders(grid.columns).map((i) => area.x + (area.width * i) / grid.columns.length).map((x) => line(x, area.y, x, area.y + area.height)),
      ...borders(grid.rows).map((i) => area.y + (area.height * i) / grid.rows.length).map((y) => line(area.x, y, area.x + area.width, y)),
    ];
  }

  explain(scale) {
    this.legend.replaceChildren();
    for (const step of scale.steps) {
      const box = document.createElement("i");
      box.style.background = step.colour;
      const line = document.createElement("span");
      line.append(box, step.words);
      this.legend.append(line);
    }
    const box = document.createElement("i");
    box.className = "hatch";
    const line = document.createElement("span");
    line.append(box, "no data");
    this.legend.append(line);
  }

  tip(x, y) {
    return this.sentences(x, y).map(escaped).join("<br>");
  }

  /** What a cell says, in lines. */
  sentences(x, y) {
    const row = this.current.rows[y], column = this.current.columns[x];
    const cell = this.current.cells.get(row.key + "\n" + column.key);
    const title = row.label + " → " + column.label;
    if (!cell) return [title, row.problem ? "no data: " + row.problem : "no data: not probed in this class, or no window yet"];
    if (!this.current.nodes) {
      return [title, `loss: median ${percent(cell.medianLoss)}, worst ${percent(cell.lossPercent)} (${cell.worst})`,
        `p99: median ${millis(cell.medianP99)}, worst ${millis(cell.rttP99)}`, cell.pairs + " pairs; click to see them"];
    }
    const lines = [title, `loss ${percent(cell.lossPercent)}: ${cell.lost} of ${cell.received + cell.lost}`,
      `p50 ${millis(cell.rttP50)} · p99 ${millis(cell.rttP99)} · jitter ${millis(cell.jitter)}`];
    if (cell.refused) lines.push(cell.refused + " refused: host up, reflector absent");
    lines.push(cell.windows + (cell.windows === 1 ? " window" : " windows") + " to " + clock(cell.lastWindow));
    return lines;
  }

  key(e) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!this.current || !this.current.rows.length) return;
    if (moves[e.key]) {
      e.preventDefault();
      const at = this.cursor ?? [0, 0];
      const step = this.cursor ? moves[e.key] : [0, 0];
      const limit = (v, n) => Math.min(n - 1, Math.max(0, v));
      this.point([limit(at[0] + step[0], this.current.columns.length), limit(at[1] + step[1], this.current.rows.length)]);
    } else if (e.key === "Enter" && this.cursor) {
      e.preventDefault();
      this.open(...this.cursor);
    }
  }

  point(cell) {
    this.chart.dispatchAction({ type: "downplay" });
    this.cursor = cell;
    this.pointed.textContent = cell ? this.sentences(...cell).join(" · ") : "";
    if (!cell) return;
    const series = this.chart.getOption().series;
    for (let s = 0; s < series.length; s++) {
      const i = series[s].data.findIndex((d) => (d.value ?? d)[0] === cell[0] && (d.value ?? d)[1] === cell[1]);
      if (i >= 0) this.chart.dispatchAction({ type: "highlight", seriesIndex: s, dataIndex: i });
    }
  }

  open(x, y) {
    const row = this.current.rows[y], column = this.current.columns[x];
    if (!this.current.nodes) {
      this.drill = [row.key, column.key];
      this.opened.zones(row.label, column.label);
    } else if (row.key !== column.key || this.current.cells.has(row.key + "\n" + column.key)) {
      this.opened.pair(row.key, column.key);
    }
  }
}

function axis(node) {
  return { key: node.name, label: node.name, zone: node.zone ?? "", problem: node.problem };
}

function zoneGrid(matrix, pairs) {
  const zoneOf = new Map(matrix.nodes.map((n) => [n.name, n.zone ?? ""]));
  const cells = new Map();
  for (const pair of pairs) {
    const key = (zoneOf.get(pair.source) ?? "") + "\n" + (zoneOf.get(pair.destination) ?? "");
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(pair);
  }
  for (const [key, members] of cells) cells.set(key, rolledUp(members));
  const zones = [...new Set(matrix.nodes.map((n) => n.zone ?? ""))].sort().map((z) => ({ key: z, label: z || "no zone", zone: "" }));
  return { rows: zones, columns: zones, cells, nodes: false };
}

/** Percentiles do not merge: the worst pair gives the colour, the median is told beside it. */
function rolledUp(pairs) {
  const values = (id) => pairs.map((p) => p[id]).filter((v) => v !== undefined && v !== null).sort((a, b) => a - b);
  const worst = (id) => values(id).at(-1), median = (id) => values(id)[values(id).length >> 1];
  const top = pairs.reduce((a, b) => ((b.lossPercent ?? -1) > (a.lossPercent ?? -1) ? b : a));
  return { pairs: pairs.length, lossPercent: worst("lossPercent"), medianLoss: median("lossPercent"), rttP50: worst("rttP50"),
    rttP99: worst("rttP99"), medianP99: median("rttP99"), jitter: worst("jitter"), worst: top.source + " → " + top.destination };
}

function lossScale(limit) {
  const bounds = [0, limit / 10, limit, Math.max(5, limit * 3), Math.max(25, limit * 10)];
  const names = ["s0", "s1", "s2", "s3", "s4", "s5"];
  const index = (v) => { const i = bounds.findIndex((b) => v <= b); return i < 0 ? 5 : i; };
  const words = ["0 %", ...[0, 1, 2, 3].map((i) => percent(bounds[i]).replace("0 %", "0") + " – " + percent(bounds[i + 1])), "> " + percent(bounds[4])];
  return { colour: (v) => colour(names[index(v)]), ink: (v) => inkOn(colour(names[index(v)])),
    steps: names.map((n, i) => ({ colour: colour(n), words: words[i] })) };
}

/** Six logarithmic steps over what is seen; what is above the limit stands out of them. */
function rttScale(grid, metric, limit) {
  const seen = [...grid.cells.values()].map((c) => c[metric.id]).filter((v) => v > 0).sort((a, b) => a - b);
  const low = seen[Math.floor(seen.length * 0.02)] ?? 0.01;
  const high = Math.max(low * 4, Math.min(limit, seen[Math.floor(seen.length * 0.98)] ?? 1));
  const bounds = [0, 1, 2, 3, 4].map((i) => low * Math.pow(high / low, (i + 1) / 6));
  const names = ["l0", "l1", "l2", "l3", "l4", "l5"];
  const limited = metric.id === "rttP99";
  const pick = (v) => { if (limited && v > limit) return "slow"; const i = bounds.findIndex((b) => v <= b); return names[i < 0 ? 5 : i]; };
  const steps = names.map((n, i) => ({ colour: colour(n), words: i === 5 ? "> " + millis(bounds[4]) : "≤ " + millis(bounds[i]) }));
  if (limited) steps.push({ colour: colour("slow"), words: "above the limit of " + millis(limit) });
  return { colour: (v) => colour(pick(v)), ink: (v) => inkOn(colour(pick(v))), steps };
}

function inkOn(background) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(background.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#16202b" : "#ffffff";
}

function hatch() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = colour("void");
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = colour("hatch");
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const o of [-8, 0, 8]) { pen.moveTo(o, 8); pen.lineTo(o + 8, 0); }
  pen.stroke();
  return tile;
}

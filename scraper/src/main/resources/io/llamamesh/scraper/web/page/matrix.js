// The heatmap: rows probe columns; zones instead of nodes where the scraper rolled them up.
import { hatch, lossScale, rttScale } from "./scales.js";
import { isCut, sidesOf } from "./sentences.js";
import { clock, colour, escaped, millis, moment, percent } from "./words.js";

export const METRICS = [
  { id: "lossPercent", name: "Loss", words: percent },
  { id: "rttP50", name: "p50", words: millis },
  { id: "rttP99", name: "p99", words: millis },
  { id: "jitter", name: "Jitter", words: millis },
];
const LABELS_UP_TO = 14;

/** What the colours mean where nothing is measured. */
const VOIDS = [["hatch", "no data: agent silent, or all refused"], ["", "not probed"]];

export class Heatmap {
  constructor(place, legend, pointed, opened) {
    this.place = place;
    this.legend = legend;
    this.pointed = pointed;
    this.opened = opened;
    this.chart = echarts.init(place);
    this.ring = overlay(place, "ring");
    this.bands = [overlay(place, "band"), overlay(place, "band")];
    this.cursor = null;
    this.marked = null;
    this.fabric = null;
    this.chart.on("click", (e) => e.componentType === "series" && this.open(e.value[0], e.value[1]));
    new ResizeObserver(() => { this.chart.resize(); this.redraw(); }).observe(place);
    place.addEventListener("keydown", (e) => this.key(e));
    place.addEventListener("focus", () => this.place.matches(":focus-visible") && this.point(this.cursor ?? this.worst()));
    place.addEventListener("blur", () => this.point(null));
  }

  show(matrix, metric, traffic) {
    this.shown = [matrix, metric, traffic];
    const grid = gridOf(matrix, traffic);
    this.current = grid;
    const scale = metric.id === "lossPercent" ? lossScale(matrix.lossPercentLimit) : rttScale(grid, metric, matrix.rttP99LimitMillis);
    this.metric = metric;
    const cells = [], voids = [];
    grid.rows.forEach((row, y) => grid.columns.forEach((column, x) => {
      const cell = grid.cells.get(row.key + "\n" + column.key);
      const value = cell?.[metric.id];
      if (value !== undefined && value !== null) {
        const cut = grid.nodes && isCut(this.fabric, row.key, column.key) ? { borderColor: colour("bad"), borderWidth: 2, borderType: "dashed" } : {};
        cells.push({ value: [x, y, value], itemStyle: { color: scale.colour(value), ...cut }, label: { color: scale.ink(value) } });
      } else if (cell || (row.quiet && row.key !== column.key)) {
        voids.push([x, y, 0]);
      }
    }));
    this.draw(grid, metric, cells, voids);
    this.explain(scale, voids.length > 0, cells.length + voids.length + Math.min(grid.rows.length, grid.columns.length) < grid.rows.length * grid.columns.length);
    this.mark(this.marked);
    this.point(this.cursor);
  }

  /** Marks the sides of cuts, and the cells that cross them. */
  sides(fabric) {
    const before = JSON.stringify(this.fabric?.partitions ?? []);
    this.fabric = fabric ?? null;
    if (before !== JSON.stringify(this.fabric?.partitions ?? [])) this.redraw();
  }

  redraw() {
    if (this.shown) this.show(...this.shown);
  }

  draw(grid, metric, cells, voids) {
    const n = Math.max(grid.rows.length, grid.columns.length);
    const height = `clamp(240px, ${Math.min(80 + grid.rows.length * 64, Math.max(320, this.place.clientWidth))}px, 66vh)`;
    if (this.place.style.height !== height) {
      this.place.style.height = height;
      this.chart.resize();
    }
    const narrow = this.place.clientWidth < 560;
    const longest = (list) => Math.max(4, ...list.map((i) => i.label.length + (i.silent ? 2 : 0)));
    const font = getComputedStyle(document.body).fontFamily;
    const bands = grid.rows.concat(grid.columns).some((i) => i.zone) ? 20 : 0;
    const names = Math.min(narrow ? 76 : 150, longest(grid.rows) * 7 + 10);
    const left = names + bands;
    const slant = longest(grid.columns) * 7 + 8 > (this.place.clientWidth - left - 8) / Math.max(1, grid.columns.length);
    const top = bands + (slant ? Math.min(100, longest(grid.columns) * 5.5 + 12) : 22);
    // Every label where there is room for its height, else as many as fit.
    const sparse = (list, room, line) => Math.max(0, Math.ceil((list.length * line) / Math.max(1, room)) - 1);
    const axes = (list, room, line) => ({
      type: "category", data: list.map((i) => i.label), axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { interval: sparse(list, room, line), fontFamily: font, fontSize: n > 20 ? 11 : 12, overflow: "truncate",
        color: (label, i) => (list[i]?.silent || this.side(grid, list[i]) ? colour("bad") : colour("soft")),
        formatter: (label, i) => (list[i]?.silent ? "✗ " : "") + this.side(grid, list[i]) + label },
    });
    const columnAxis = axes(grid.columns, this.place.clientWidth - left - 8, 19);
    columnAxis.position = "top";
    columnAxis.axisLabel.rotate = slant ? 50 : 0;
    columnAxis.axisLabel.width = 110;
    const rowAxis = axes(grid.rows, this.place.clientHeight - top - 6, 13);
    rowAxis.inverse = true;
    rowAxis.axisLabel.width = names - 8;
    const label = n <= LABELS_UP_TO && !(narrow && n > 6);
    const emphasis = { itemStyle: { borderColor: colour("ink"), borderWidth: 2 } };
    const gap = { borderColor: colour("panel"), borderWidth: n > 60 ? 0 : 2, borderRadius: n > 30 ? 0 : 3 };
    this.chart.setOption({
      animation: false,
      textStyle: { fontFamily: font },
      grid: { left, right: 8, top, bottom: 6 },
      xAxis: columnAxis, yAxis: rowAxis,
      tooltip: {
        confine: true, backgroundColor: colour("panel"), borderColor: colour("line"), textStyle: { color: colour("ink"), fontFamily: font },
        formatter: (e) => this.tip(e.value[0], e.value[1]),
      },
      series: [
        { type: "heatmap", data: cells, progressive: 0, itemStyle: gap, emphasis,
          label: { show: label, formatter: (e) => number(grid, metric, e.value).replaceAll(" ", narrow ? "" : " "), fontSize: n > 10 || (narrow && n > 4) ? 11 : 13, lineHeight: 18 } },
        { type: "heatmap", data: voids, progressive: 0, emphasis, itemStyle: { ...gap, color: { image: hatch(), repeat: "repeat" } } },
      ],
      // Cells bring their own colours; ECharts insists on a map for a heatmap.
      visualMap: { show: false, seriesIndex: [], min: 0, max: 1 },
    }, { replaceMerge: ["series"] });
    this.area = this.chart.getModel().getComponent("grid").coordinateSystem.getRect();
    this.chart.setOption({ graphic: this.zones(grid, font) }, { replaceMerge: ["graphic"] });
  }

  /** The sides of cuts on which a node is, before its name. */
  side(grid, item) {
    const sides = item && grid.nodes ? sidesOf(this.fabric, item.key) : "";
    return sides ? "[" + sides + "] " : "";
  }

  /** Names of zones beside their rows and columns, and a line where one ends and the next begins. */
  zones(grid, font) {
    const { x, y, width, height } = this.area;
    const line = (x1, y1, x2, y2) => ({ type: "line", silent: true, z: 10, shape: { x1, y1, x2, y2 }, style: { stroke: colour("soft"), lineWidth: 2 } });
    const text = (zone, at, room, rotation) => ({ type: "text", silent: true, x: at[0], y: at[1], rotation,
      style: { text: "zone " + zone, fill: colour("ink"), font: "600 12px " + font, align: "center", verticalAlign: "middle", width: room - 6, overflow: "truncate", ellipsis: "…" } });
    const drawn = [];
    const blocks = (list) => list.map((item, i) => i).filter((i) => i === 0 || list[i].zone !== list[i - 1].zone);
    const along = (list, length, border, name) => blocks(list).forEach((from, i, all) => {
      const to = all[i + 1] ?? list.length, scale = length / list.length;
      if (from > 0) drawn.push(border(from * scale));
      if (list[from].zone && (to - from) * scale > 36) drawn.push(name(list[from].zone, ((from + to) / 2) * scale, (to - from) * scale));
    });
    along(grid.columns, width, (at) => line(x + at, y, x + at, y + height), (zone, at, room) => text(zone, [x + at, 8], room, 0));
    along(grid.rows, height, (at) => line(x, y + at, x + width, y + at), (zone, at, room) => text(zone, [9, y + at], room, Math.PI / 2));
    return drawn;
  }

  explain(scale, voids, unprobed) {
    const entry = (box, words, name = "") => {
      const line = document.createElement("span");
      line.className = name;
      line.append(box, words);
      return line;
    };
    const box = (name, background) => {
      const made = document.createElement("i");
      made.className = name;
      made.style.background = background;
      return made;
    };
    this.legend.replaceChildren(...scale.steps.map((step) => entry(box("", step.colour), step.words, step.limit ? "limit" : "")));
    VOIDS.filter((v, i) => (i === 0 ? voids : unprobed)).forEach(([name, words]) => this.legend.append(entry(box(name, ""), words)));
  }

  tip(x, y) {
    if (!this.current.rows[y] || !this.current.columns[x]) return "";
    return this.sentences(x, y).map(escaped).join("<br>");
  }

  /** What a cell says, in lines. */
  sentences(x, y) {
    const row = this.current.rows[y], column = this.current.columns[x];
    const cell = this.current.cells.get(row.key + "\n" + column.key);
    const title = row.label + " → " + column.label;
    const silenced = [row, column].filter((one, i, both) => one.silencedUntil && (i === 0 || one.key !== both[0].key))
      .map((one) => `${one.key} is silenced until ${moment(one.silencedUntil, Date.now())}: measured, not judged`);
    const cut = this.current.nodes && isCut(this.fabric, row.key, column.key) ? ["cut, by the agents' own word: nothing arrives"] : [];
    if (row.key === column.key && !cell) return [title, "a node does not probe itself"];
    if (!cell) return [title, ...silenced, ...cut, row.quiet ? "no data: " + (row.problem ?? "its agent is silent") : "not probed"];
    if (!this.current.nodes) {
      return [title, `loss: median ${percent(cell.medians.lossPercent)}, worst ${percent(cell.lossPercent)} (${cell.worst})`, `all together ${percent(cell.allLoss)}`,
        `p99: median ${millis(cell.medians.rttP99)}, worst ${millis(cell.rttP99)}`, cell.pairs + " pairs; Enter or a click shows them"];
    }
    const lines = [title, ...silenced, ...cut, `loss ${percent(cell.lossPercent)}: ${cell.lost} of ${cell.received + cell.lost}`,
      `p50 ${millis(cell.rttP50)} · p99 ${millis(cell.rttP99)} · jitter ${millis(cell.jitter)}`];
    if (cell.refused) lines.push(cell.refused + " refused: host up, reflector absent");
    lines.push(cell.windows + (cell.windows === 1 ? " window" : " windows") + " to " + clock(cell.lastWindow));
    return lines;
  }

  key(e) {
    const far = 1e6;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-far, 0], End: [far, 0], PageUp: [0, -far], PageDown: [0, far] };
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

  /** Where the keyboard is; null: nowhere. */
  point(cell) {
    const inside = cell && this.current && cell[0] < this.current.columns.length && cell[1] < this.current.rows.length;
    this.cursor = inside ? cell : null;
    this.pointed.textContent = inside ? this.sentences(...cell).join(" · ") : "";
    this.ring.hidden = !inside;
    if (!inside) return;
    const { width, height } = this.cell();
    place(this.ring, this.area.x + cell[0] * width, this.area.y + cell[1] * height, width, height);
  }

  /** The cell that loses most: where a keyboard starts. */
  worst() {
    if (!this.current?.rows.length) return null;
    let found = [0, 0], most = -1;
    this.current.rows.forEach((row, y) => this.current.columns.forEach((column, x) => {
      const loss = this.current.cells.get(row.key + "\n" + column.key)?.lossPercent ?? -1;
      if (loss > most) { most = loss; found = [x, y]; }
    }));
    return found;
  }

  cell() {
    return { width: this.area.width / this.current.columns.length, height: this.area.height / this.current.rows.length };
  }

  /** Frames the rows and columns of somebody; null: of nobody. Whether anything of it is shown. */
  mark(who) {
    this.marked = who;
    const is = (item) => who && (who.zone === undefined ? item.key === who.node : (this.current.nodes ? item.zone : item.key) === who.zone);
    const range = (list) => [list.findIndex(is), list.findLastIndex(is) + 1];
    const rows = who && who.direction !== "Ingress" ? range(this.current.rows) : [-1, 0];
    const columns = who && who.direction !== "Egress" ? range(this.current.columns) : [-1, 0];
    this.bands[0].hidden = rows[0] < 0;
    this.bands[1].hidden = columns[0] < 0;
    const { width, height } = this.cell();
    place(this.bands[0], this.area.x, this.area.y + rows[0] * height, this.area.width, (rows[1] - rows[0]) * height);
    place(this.bands[1], this.area.x + columns[0] * width, this.area.y, (columns[1] - columns[0]) * width, this.area.height);
    return rows[0] >= 0 || columns[0] >= 0;
  }

  open(x, y) {
    const row = this.current.rows[y], column = this.current.columns[x];
    if (!this.current.nodes) {
      this.opened.zones(row.key, column.key);
    } else if (this.current.cells.has(row.key + "\n" + column.key)) {
      this.opened.pair(row.key, column.key);
    }
  }
}

/** A cell's label, of the grid that it was drawn of: a chart that is resized draws the last one again. */
function number(grid, metric, [x, y, value]) {
  const cell = grid.cells.get(grid.rows[y]?.key + "\n" + grid.columns[x]?.key);
  return metric.words(value) + (cell?.medians ? "\nmedian " + metric.words(cell.medians[metric.id]) : "");
}

function overlay(over, name) {
  const made = document.createElement("div");
  made.className = name;
  made.hidden = true;
  over.append(made);
  return made;
}

function place(box, x, y, width, height) {
  Object.assign(box.style, { left: x - 1 + "px", top: y - 1 + "px", width: width + 2 + "px", height: height + 2 + "px" });
}

/** Rows, columns and cells: of zones where the scraper rolled them up, else of nodes. */
function gridOf(matrix, traffic) {
  const same = (p) => p.port === traffic.port && p.family === traffic.family;
  const cells = new Map();
  if (matrix.zonePairs) {
    for (const z of matrix.zonePairs.filter(same)) cells.set(z.source + "\n" + z.destination, rolledUp(z));
    const zones = [...new Set(matrix.nodes.map((n) => n.zone ?? ""))].sort().map((z) => ({ key: z, label: z ? "zone " + z : "no zone", zone: "" }));
    return { rows: zones, columns: zones, cells, nodes: false };
  }
  for (const pair of matrix.pairs.filter(same)) cells.set(pair.source + "\n" + pair.destination, pair);
  const [from, to] = matrix.drill ?? [null, null];
  const within = (zone) => (n) => zone === null || (n.zone ?? "") === zone;
  return { rows: matrix.nodes.filter((n) => n.agent).filter(within(from)).map(axis), columns: matrix.nodes.filter(within(to)).map(axis), cells, nodes: true };
}

/** Percentiles don't merge: the worst pair gives the colour, the median is told beside it. */
function rolledUp(z) {
  return { pairs: z.pairs, allLoss: z.lossPercent, worst: z.worstSource + " → " + z.worstDestination,
    lossPercent: z.worstLossPercent, rttP50: z.worstRttP50, rttP99: z.worstRttP99, jitter: z.worstJitter,
    medians: { lossPercent: z.medianLossPercent, rttP50: z.medianRttP50, rttP99: z.medianRttP99, jitter: z.medianJitter } };
}

function axis(node) {
  const mark = node.leaving ? " (leaving)" : node.silencedUntil ? " (silenced)"
    : node.method ? " (" + node.method + ")" : "";
  const quiet = node.agent && !node.reporting && !node.leaving;
  // Nobody is alerted of a silenced one, but that it has no data is shown.
  return { key: node.name, label: node.name + mark, zone: node.zone ?? "", silencedUntil: node.silencedUntil,
    quiet, silent: quiet && !node.silencedUntil, problem: node.problem };
}

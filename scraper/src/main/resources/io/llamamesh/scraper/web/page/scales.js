// From numbers to colours, told apart by lightness too: see page.css.
import { colour, millis } from "./words.js";

/** Six steps of loss; the limit is where the fourth begins. */
export function lossScale(limit) {
  const bounds = [0, limit / 10, limit, Math.max(5, limit * 3), Math.max(25, limit * 10)];
  const names = ["s0", "s1", "s2", "s3", "s4", "s5"];
  const index = (v) => { const i = bounds.findIndex((b) => v <= b); return i < 0 ? 5 : i; };
  const words = ["0 %", ...[1, 2, 3, 4].map((i) => "≤ " + number(bounds[i]) + " %"), "> " + number(bounds[4]) + " %"];
  words[3] = "above the limit of " + number(limit) + " %: " + words[3];
  return { colour: (v) => colour(names[index(v)]), ink: (v) => inkOn(colour(names[index(v)])),
    steps: names.map((n, i) => ({ colour: colour(n), words: words[i], limit: i === 3 })) };
}

function number(value) {
  return String(Number(value.toPrecision(2)));
}

/** Six logarithmic steps over what is seen; what is above the limit stands out of them. */
export function rttScale(grid, metric, limit) {
  const seen = [...grid.cells.values()].map((c) => c[metric.id]).filter((v) => v > 0).sort((a, b) => a - b);
  const low = seen[Math.floor(seen.length * 0.02)] ?? 0.01;
  const high = Math.max(low * 4, Math.min(limit, seen[Math.floor(seen.length * 0.98)] ?? 1));
  const bounds = [0, 1, 2, 3, 4].map((i) => low * Math.pow(high / low, (i + 1) / 6));
  const names = ["l0", "l1", "l2", "l3", "l4", "l5"];
  const limited = metric.id === "rttP99";
  const pick = (v) => { if (limited && v > limit) return "slow"; const i = bounds.findIndex((b) => v <= b); return names[i < 0 ? 5 : i]; };
  const steps = names.map((n, i) => ({ colour: colour(n), words: i === 5 ? "> " + millis(bounds[4]) : "≤ " + millis(bounds[i]) }));
  if (limited) steps.push({ colour: colour("slow"), words: "above the limit of " + millis(limit), limit: true });
  return { colour: (v) => colour(pick(v)), ink: (v) => inkOn(colour(pick(v))), steps };
}

function inkOn(background) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(background.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#16202b" : "#ffffff";
}

/** What stands where data should be. */
export function hatch() {
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
